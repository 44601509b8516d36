BEGIN TRANSACTION;
CREATE TABLE accounts (
	device TEXT NOT NULL, 
	hash TEXT NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (device), 
	CONSTRAINT fk_accounts_device FOREIGN KEY(device) REFERENCES devices (id) ON DELETE CASCADE
);
INSERT INTO "accounts" VALUES('gw-1','$2b$12$x');
CREATE TABLE alarm_log (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	alarm TEXT NOT NULL, 
	time DOUBLE NOT NULL, 
	what TEXT NOT NULL, 
	who TEXT NOT NULL, 
	text TEXT NOT NULL
);
INSERT INTO "alarm_log" VALUES(1,'alarm-1',1.76375000212345600129e+09,'acknowledged','lan','đã biết');
CREATE TABLE alarms (
	id TEXT NOT NULL, 
	device TEXT NOT NULL, 
	type TEXT NOT NULL, 
	point TEXT NOT NULL, 
	state TEXT NOT NULL, 
	source TEXT NOT NULL, 
	revision BIGINT NOT NULL, 
	began DOUBLE NOT NULL, 
	changed DOUBLE NOT NULL, 
	told DOUBLE NOT NULL, 
	times INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	acknowledged DOUBLE, 
	acknowledged_by TEXT NOT NULL, 
	cause TEXT, 
	shelf TEXT NOT NULL, 
	service TEXT NOT NULL, 
	CONSTRAINT pk_alarms PRIMARY KEY (id), 
	CONSTRAINT uq_alarms_device UNIQUE (device, type, point)
);
INSERT INTO "alarms" VALUES('alarm-0','gw-1','circuitBreakerTripped','','normal','event',0,0.0,0.0,0.0,0,'',NULL,'',NULL,'null','[1763750000.123456,"huong","đào đường"]');
INSERT INTO "alarms" VALUES('alarm-1','a','lampFailure','đầu 1','acknowledged','rule',7,1.76375000012345600122e+09,1.7637500006234560013e+09,1.76375000112345600125e+09,3,'power_asked 0.01, below 0.2',1.76375000212345600129e+09,'lan','alarm-0','[1763753600.623456,"lan","chờ xe"]','null');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0016');
CREATE TABLE approvals (
	id TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	body TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	"key" TEXT, 
	needs TEXT NOT NULL, 
	lights INTEGER NOT NULL, 
	lapses DOUBLE NOT NULL, 
	state TEXT NOT NULL, 
	decided DOUBLE, 
	decided_by TEXT, 
	override TEXT, 
	CONSTRAINT pk_approvals PRIMARY KEY (id)
);
INSERT INTO "approvals" VALUES('apr-1',1.76375000012345600122e+09,'huong','{"zones":["ward-1"],"devices":[],"level":0.0,"until":1763753600.623456,"reason":"cắt điện"}','sha','k2','["dark-road"]',2,1.76375090012345600134e+09,'refused',1.76375000112345600125e+09,'lan',NULL);
CREATE TABLE audit (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	time DOUBLE NOT NULL, 
	who TEXT NOT NULL, 
	what TEXT NOT NULL, 
	about TEXT NOT NULL, 
	detail TEXT NOT NULL
);
INSERT INTO "audit" VALUES(1,1.76375000012345600122e+09,'huong','approval.asked','apr-1','{"reason":"cắt điện"}');
INSERT INTO "audit" VALUES(2,1.76375000112345600125e+09,'lan','approval.refused','apr-1','{}');
INSERT INTO "audit" VALUES(3,1.76375000212345600129e+09,'hương','signals.plan.added','plan-1','{}');
INSERT INTO "audit" VALUES(4,1.76375000312345600128e+09,'hương','signals.evaluation','plan-1','{}');
CREATE TABLE cabinets (
	device TEXT NOT NULL, 
	time DOUBLE NOT NULL, 
	received DOUBLE NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_cabinets PRIMARY KEY (device), 
	CONSTRAINT fk_cabinets_device FOREIGN KEY(device) REFERENCES devices (id) ON DELETE CASCADE
);
INSERT INTO "cabinets" VALUES('gw-1',1.76375000312345600128e+09,1.76375000412345600128e+09,'{"segments":{"b":true},"feedback":{"b":false},"door":false,"breaker":null,"remote":true}');
CREATE TABLE calendars (
	id TEXT NOT NULL, 
	body TEXT NOT NULL, 
	changed DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	CONSTRAINT pk_calendars PRIMARY KEY (id)
);
INSERT INTO "calendars" VALUES('centre','{"id":"centre","name":"Trung tâm","default":"half"}',1.7637500006234560013e+09,'hương');
CREATE TABLE calibrations (
	id TEXT NOT NULL, 
	device TEXT NOT NULL, 
	metric TEXT NOT NULL, 
	since DOUBLE NOT NULL, 
	factor DOUBLE NOT NULL, 
	"offset" DOUBLE NOT NULL, 
	basis TEXT, 
	note TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	changed DOUBLE NOT NULL, 
	CONSTRAINT pk_calibrations PRIMARY KEY (id), 
	CONSTRAINT uq_calibrations_device UNIQUE (device, metric, since)
);
INSERT INTO "calibrations" VALUES('cal-1','a','pm2_5',1.7637427996234560013e+09,0.87,-1.5,'ambient','đo cùng trạm chuẩn','hương',1.76375000012345600122e+09);
CREATE TABLE commands (
	id TEXT NOT NULL, 
	operation TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	expires DOUBLE NOT NULL, 
	level DOUBLE, 
	ramp DOUBLE NOT NULL, 
	until DOUBLE, 
	override TEXT, 
	state TEXT NOT NULL, signals TEXT, 
	CONSTRAINT pk_commands PRIMARY KEY (id)
);
INSERT INTO "commands" VALUES('c1','set_level',1.76375000012345600122e+09,'huong',1.76375006012345600129e+09,60.0,5.0,1.76375360012345600135e+09,'o1','running','null');
INSERT INTO "commands" VALUES('c3','set_level',1.76375000012345600122e+09,'huong',1.76375006012345600129e+09,60.0,5.0,1.76375360012345600135e+09,NULL,'done','{"j-1":{"plan":"p-2","program":null,"checksum":"c1"}}');
CREATE TABLE device_keys (
	device TEXT NOT NULL, 
	seed TEXT NOT NULL, 
	made DOUBLE NOT NULL, 
	CONSTRAINT pk_device_keys PRIMARY KEY (device), 
	CONSTRAINT fk_device_keys_device FOREIGN KEY(device) REFERENCES devices (id) ON DELETE CASCADE
);
INSERT INTO "device_keys" VALUES('gw-1','seed-of-gw-1',1.76375000012345600122e+09);
CREATE TABLE devices (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	profile TEXT NOT NULL, 
	zone TEXT, 
	lat DOUBLE, 
	lon DOUBLE, 
	rated_power DOUBLE, 
	address TEXT, 
	status TEXT NOT NULL, 
	search TEXT NOT NULL, feed TEXT, 
	CONSTRAINT pk_devices PRIMARY KEY (id), 
	CONSTRAINT fk_devices_zone FOREIGN KEY(zone) REFERENCES zones (id)
);
INSERT INTO "devices" VALUES('gw-1','Tủ ''số 1''','gateway','native','ward-1',NULL,NULL,NULL,NULL,'active','gw-1
tu ''so 1''',NULL);
INSERT INTO "devices" VALUES('a','Đèn; 1','light','native','le-loi',16.4,107.5,61.5,'gw-1','active','a
den; 1','gw-1/b');
INSERT INTO "devices" VALUES('b','','light','native',NULL,NULL,NULL,NULL,NULL,'retired','b
',NULL);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	device TEXT NOT NULL, 
	type TEXT NOT NULL, 
	point TEXT NOT NULL, 
	time DOUBLE NOT NULL, 
	phase TEXT NOT NULL, 
	received DOUBLE NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT fk_events_device FOREIGN KEY(device) REFERENCES devices (id) ON DELETE CASCADE, 
	CONSTRAINT uq_events_device UNIQUE (device, type, point, time, phase)
);
INSERT INTO "events" VALUES(1,'a','lampFailure','',1.76375000012345600122e+09,'began',1.7637500006234560013e+09,'bóng đèn');
INSERT INTO "events" VALUES(2,'gw-1','lampFailure','',1.76375000012345600122e+09,'happened',1.7637500006234560013e+09,'bóng đèn');
INSERT INTO "events" VALUES(3,'gw-1','fireAlarm','1/23',1.76375000512345600132e+09,'began',1.76375000662345600126e+09,'kho ''số 2''');
CREATE TABLE facts (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_facts PRIMARY KEY ("key")
);
INSERT INTO "facts" VALUES('broker.client','hub-1');
INSERT INTO "facts" VALUES('alarms.cursor','2');
INSERT INTO "facts" VALUES('notify.cursor','1');
INSERT INTO "facts" VALUES('incidents.cursor','1');
CREATE TABLE fire_events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	device TEXT NOT NULL, 
	type TEXT NOT NULL, 
	point TEXT NOT NULL, 
	phase TEXT NOT NULL, 
	time DOUBLE NOT NULL, 
	received DOUBLE NOT NULL, 
	text TEXT NOT NULL, 
	found TEXT NOT NULL, 
	persisted DOUBLE, 
	alarm TEXT, 
	episode INTEGER, 
	alarmed DOUBLE, 
	streamed DOUBLE, 
	clock_error DOUBLE, 
	acknowledged TEXT NOT NULL, 
	notified TEXT NOT NULL
);
INSERT INTO "fire_events" VALUES(1,'gw-1','fireAlarm','1/23','began',1.76375000512345600132e+09,1.76375000662345600126e+09,'kho ''số 2''','comparison',NULL,NULL,NULL,NULL,NULL,NULL,'[]','[]');
CREATE TABLE fire_panels (
	device TEXT NOT NULL, 
	time DOUBLE NOT NULL, 
	received DOUBLE NOT NULL, 
	counts TEXT NOT NULL, 
	self_test TEXT, 
	CONSTRAINT pk_fire_panels PRIMARY KEY (device), 
	CONSTRAINT fk_fire_panels_device FOREIGN KEY(device) REFERENCES devices (id) ON DELETE CASCADE
);
INSERT INTO "fire_panels" VALUES('gw-1',1.76375000512345600132e+09,1.76375000662345600126e+09,'[1,null,0,null,null]','đạt');
CREATE TABLE fire_points (
	device TEXT NOT NULL, 
	condition TEXT NOT NULL, 
	point TEXT NOT NULL, 
	since DOUBLE NOT NULL, 
	received DOUBLE NOT NULL, 
	text TEXT NOT NULL, 
	found TEXT NOT NULL, 
	ended DOUBLE, 
	CONSTRAINT pk_fire_points PRIMARY KEY (device, condition, point), 
	CONSTRAINT fk_fire_points_device FOREIGN KEY(device) REFERENCES devices (id) ON DELETE CASCADE
);
INSERT INTO "fire_points" VALUES('gw-1','alarm','1/23',1.76375000512345600132e+09,1.76375000662345600126e+09,'kho ''số 2''','comparison',NULL);
CREATE TABLE fire_tests (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	started DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	outcome TEXT, 
	stages TEXT NOT NULL, 
	detail TEXT NOT NULL
);
INSERT INTO "fire_tests" VALUES(1,1.76375000012345600122e+09,'huong','failed','{"published":0.25}','không tới');
CREATE TABLE incident_log (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	incident TEXT NOT NULL, 
	time DOUBLE NOT NULL, 
	what TEXT NOT NULL, 
	who TEXT NOT NULL, 
	text TEXT NOT NULL
);
INSERT INTO "incident_log" VALUES(1,'inc-1',1.76375000012345600122e+09,'opened','','cut');
CREATE TABLE incidents (
	id TEXT NOT NULL, 
	playbook TEXT NOT NULL, 
	device TEXT NOT NULL, 
	opened DOUBLE NOT NULL, 
	ended DOUBLE, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_incidents PRIMARY KEY (id)
);
INSERT INTO "incidents" VALUES('inc-1','cable-cut','gw-1',1.76375000012345600122e+09,1.76375016012345600126e+09,'{"id":"inc-1","playbook":"cable-cut","name":"Cáp bị đứt","device":"gw-1","type":"cableCut","point":"","text":"cut","opened":1763750000.123456,"deadline":1763750900.123456,"after":60.0,"until":1763750160.123456,"dry":false,"holders":[],"events":1,"quiet":1763750100.123456,"lights":[{"level":100.0,"ramp":5.0,"zones":["street"],"devices":["a"],"why_none":""}],"lamps":0,"refused":["too-many"],"marks":[{"device":"gw-1","text":"!"}],"tellings":[{"severity":"high","text":"cut","to":["crew"]}],"tasks":[{"text":"?","done":1763750005.123456,"by":"huong","remark":"done"}],"ended":1763750160.123456,"ended_why":"over","ended_by":"","reason":"","declared_by":""}');
CREATE TABLE intersections (
	id TEXT NOT NULL, 
	body TEXT NOT NULL, 
	changed DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	CONSTRAINT pk_intersections PRIMARY KEY (id)
);
INSERT INTO "intersections" VALUES('j-1','{"name":"Lê Lợi"}',1.76375000012345600122e+09,'hương');
CREATE TABLE keys (
	user TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	response TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	CONSTRAINT pk_keys PRIMARY KEY (user, "key")
);
INSERT INTO "keys" VALUES('huong','k1','sha','{"id":"o1"}',1.76375000012345600122e+09);
CREATE TABLE late_hours (
	hour DOUBLE NOT NULL, 
	mark BIGINT NOT NULL, 
	CONSTRAINT pk_late_hours PRIMARY KEY (hour)
);
INSERT INTO "late_hours" VALUES(1.76374640012345600126e+09,7);
CREATE TABLE lights (
	device TEXT NOT NULL, 
	level DOUBLE, 
	cause TEXT, 
	time DOUBLE, 
	received DOUBLE, 
	command TEXT, 
	in_effect DOUBLE, 
	CONSTRAINT pk_lights PRIMARY KEY (device), 
	CONSTRAINT fk_lights_device FOREIGN KEY(device) REFERENCES devices (id) ON DELETE CASCADE
);
INSERT INTO "lights" VALUES('a',59.5,'override',1.76375000012345600122e+09,1.7637500006234560013e+09,'c1',60.0);
CREATE TABLE messages (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	time DOUBLE NOT NULL, 
	incident TEXT NOT NULL, 
	playbook TEXT NOT NULL, 
	device TEXT NOT NULL, 
	what TEXT NOT NULL, 
	severity TEXT NOT NULL, 
	text TEXT NOT NULL, 
	"to" TEXT NOT NULL
);
INSERT INTO "messages" VALUES(1,1.76375000012345600122e+09,'inc-1','cable-cut','gw-1','opened','high','cut','["crew"]');
CREATE TABLE notify_attempts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	message TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	time DOUBLE NOT NULL, 
	outcome TEXT NOT NULL, 
	took DOUBLE, 
	status TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	"left" TEXT NOT NULL
);
INSERT INTO "notify_attempts" VALUES(1,'msg-1','duty',1.76375060162345600133e+09,'failed',0.25,'550','không có hộp thư','["trực@huế.example"]');
CREATE TABLE notify_channels (
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	body TEXT NOT NULL, 
	sealed TEXT NOT NULL, 
	changed DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	CONSTRAINT pk_notify_channels PRIMARY KEY (id)
);
INSERT INTO "notify_channels" VALUES('duty','email','{"host":"mail.example","to":["trực@huế.example"]}','sealed',1.76375000012345600122e+09,'hương');
CREATE TABLE notify_deliveries (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	message TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	alarm TEXT NOT NULL, 
	episode INTEGER NOT NULL, 
	what TEXT NOT NULL, 
	route TEXT NOT NULL, 
	step INTEGER NOT NULL, 
	fire BOOLEAN NOT NULL, 
	conditional BOOLEAN NOT NULL, 
	created DOUBLE NOT NULL, 
	due DOUBLE NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	first_attempt DOUBLE, 
	ended DOUBLE, 
	body TEXT NOT NULL
);
INSERT INTO "notify_deliveries" VALUES(1,'msg-1','duty','email','alarm-1',3,'began','fire',1,1,1,1.76375000012345600122e+09,1.76375060062345600129e+09,'waiting','','',1,1.76375060162345600133e+09,NULL,'{"alarm":{"id":"alarm-1","name":"Chợ Đông Ba"}}');
CREATE TABLE notify_routes (
	id TEXT NOT NULL, 
	body TEXT NOT NULL, 
	changed DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	CONSTRAINT pk_notify_routes PRIMARY KEY (id)
);
INSERT INTO "notify_routes" VALUES('fire','{"steps":[{"after":0.0,"channels":["duty"]}],"name":"Báo cháy"}',1.76375000012345600122e+09,'hương');
CREATE TABLE overrides (
	id TEXT NOT NULL, 
	level DOUBLE NOT NULL, 
	ramp DOUBLE NOT NULL, 
	start DOUBLE NOT NULL, 
	until DOUBLE NOT NULL, 
	reason TEXT NOT NULL, 
	"by" TEXT NOT NULL, 
	command TEXT NOT NULL, 
	zones TEXT NOT NULL, 
	devices TEXT NOT NULL, 
	cause TEXT NOT NULL, 
	ended DOUBLE, 
	ended_by TEXT, 
	CONSTRAINT pk_overrides PRIMARY KEY (id)
);
INSERT INTO "overrides" VALUES('o1',60.0,5.0,1.76375000012345600122e+09,1.76375360012345600135e+09,'lễ hội','huong','c1','["le-loi","ward-1"]','["a","b"]','override',NULL,NULL);
CREATE TABLE playbooks (
	id TEXT NOT NULL, 
	body TEXT NOT NULL, 
	changed DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	CONSTRAINT pk_playbooks PRIMARY KEY (id)
);
INSERT INTO "playbooks" VALUES('cable-cut','{"name":"Cáp bị đứt","trigger":{"types":["cableCut"]},"ask":[{"text":"?"}]}',1.76375000012345600122e+09,'lan');
CREATE TABLE programs (
	id TEXT NOT NULL, 
	body TEXT NOT NULL, 
	changed DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	CONSTRAINT pk_programs PRIMARY KEY (id)
);
INSERT INTO "programs" VALUES('half','{"id":"half","steps":[{"at":"sunset","level":62.5}]}',1.76375000012345600122e+09,'hương');
CREATE TABLE quarantine (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	received DOUBLE NOT NULL, 
	source TEXT NOT NULL, 
	device TEXT, 
	code TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	raw BLOB NOT NULL
, tries INTEGER DEFAULT '0' NOT NULL, tried DOUBLE);
INSERT INTO "quarantine" VALUES(1,1.76375000012345600122e+09,'ll/d/a/up/telemetry','a','bad-json','send JSON',3,X'00FF7B',0,NULL);
INSERT INTO "quarantine" VALUES(2,1.76375000012345600122e+09,'ll/d/None/up/telemetry',NULL,'bad-topic','send JSON',3,X'00FF7B',0,NULL);
CREATE TABLE quarantine_counts (
	device TEXT NOT NULL, 
	code TEXT NOT NULL, 
	count BIGINT NOT NULL, 
	last DOUBLE NOT NULL, 
	CONSTRAINT pk_quarantine_counts PRIMARY KEY (device, code)
);
INSERT INTO "quarantine_counts" VALUES('a','bad-json',1,1.76375000012345600122e+09);
INSERT INTO "quarantine_counts" VALUES('','bad-topic',1,1.76375000012345600122e+09);
CREATE TABLE rollups (
	tier TEXT NOT NULL, 
	since DOUBLE NOT NULL, 
	until DOUBLE NOT NULL, 
	CONSTRAINT pk_rollups PRIMARY KEY (tier)
);
INSERT INTO "rollups" VALUES('15m',1.7637428001234560013e+09,1.76375000012345600122e+09);
INSERT INTO "rollups" VALUES('1d',1.7637428001234560013e+09,1.76374999962345600131e+09);
CREATE TABLE sensing (
	id TEXT NOT NULL, 
	body TEXT NOT NULL, 
	changed DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	CONSTRAINT pk_sensing PRIMARY KEY (id)
);
INSERT INTO "sensing" VALUES('rain','{"id":"rain","zone":"ward-1","kind":"raise","sensors":["gw-1"],"above":2.5}',1.76375000012345600122e+09,'hương');
CREATE TABLE signal_evaluations (
	id TEXT NOT NULL, 
	"plan" TEXT NOT NULL, 
	junction TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	verdict TEXT NOT NULL, 
	report TEXT NOT NULL, 
	html TEXT NOT NULL, 
	CONSTRAINT pk_signal_evaluations PRIMARY KEY (id)
);
INSERT INTO "signal_evaluations" VALUES('ev-1','plan-1','j-1',1.76375000012345600122e+09,'hương','better','{"format":1}','<p>ổn</p>');
CREATE TABLE signal_orders (
	id TEXT NOT NULL, 
	junction TEXT NOT NULL, 
	created DOUBLE NOT NULL, 
	ended DOUBLE, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_signal_orders PRIMARY KEY (id)
);
INSERT INTO "signal_orders" VALUES('so-1','j-1',1.76375000012345600122e+09,NULL,'{"id":"so-1","junction":"j-1","kind":"hold","created":1763750000.123456,"by":"lan","reason":"đoàn xe","command":"c1","until":1763750060.123456,"plan":"plan-1","program":"p","name":"hold-1","checksum":"c2","stage":"1","seconds":12.0,"body":{"cycle":60},"route":null,"request":null,"progress":"ordered","detail":"","confirmed":null,"running":null,"ended":null,"ended_by":"","earliest":0.0}');
CREATE TABLE signal_plans (
	id TEXT NOT NULL, 
	junction TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_signal_plans PRIMARY KEY (id), 
	CONSTRAINT uq_signal_plans_junction UNIQUE (junction, version)
);
INSERT INTO "signal_plans" VALUES('plan-1','j-1',1,'active','{"id":"plan-1","junction":"j-1","version":1,"state":"active","body":{"junction":"j-1","note":"Lê Lợi ''x''"},"digest":"d1","created":1763750000.123456,"changed":1763750003.123456,"by":"hương","note":"sáng","writers":["hương"],"errors":0,"warnings":1,"submitted":1763750001.123456,"submitted_by":"hương","approved":1763750002.123456,"approved_by":"lan","approved_digest":"d1","lapses":1763750090.623456,"checksums":{"p":"c1"},"names":{"p":"p-2"},"stored":["p"],"activated":1763750002.623456,"activated_by":"lan","active_since":1763750003.123456,"active_until":null,"before":null,"commands":["c3"],"steps":[{"time":1763750003.123456,"what":"active","who":"","text":"chạy","digest":"d1"}]}');
CREATE TABLE signal_routes (
	id TEXT NOT NULL, 
	body TEXT NOT NULL, 
	changed DOUBLE NOT NULL, 
	"by" TEXT NOT NULL, 
	CONSTRAINT pk_signal_routes PRIMARY KEY (id)
);
INSERT INTO "signal_routes" VALUES('le-loi','{"name":"Lê Lợi","legs":[["j-1","p"]]}',1.76375000012345600122e+09,'hương');
CREATE TABLE targets (
	command TEXT NOT NULL, 
	device TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	updated DOUBLE NOT NULL, 
	CONSTRAINT pk_targets PRIMARY KEY (command, device), 
	CONSTRAINT fk_targets_command FOREIGN KEY(command) REFERENCES commands (id) ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "targets" VALUES('c1','a','applied','ok',1.76375000212345600129e+09);
INSERT INTO "targets" VALUES('c1','b','sent','',1.76375000112345600125e+09);
INSERT INTO "targets" VALUES('c3','j-1','pending','',1.76375000012345600122e+09);
CREATE TABLE users (
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	password_hash TEXT NOT NULL, 
	zones TEXT NOT NULL, 
	disabled BOOLEAN NOT NULL, 
	created DOUBLE NOT NULL, 
	CONSTRAINT pk_users PRIMARY KEY (name)
);
INSERT INTO "users" VALUES('huong','operator','$argon2id$v=19$x','["ward-1"]',1,1.76375000012345600122e+09);
CREATE TABLE zone_members (
	zone TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	since DOUBLE NOT NULL, 
	CONSTRAINT pk_zone_members PRIMARY KEY (zone)
);
INSERT INTO "zone_members" VALUES('ward-1','5f1c',1.76375000012345600122e+09);
CREATE TABLE "zones" (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	parent TEXT, 
	lat DOUBLE, 
	lon DOUBLE, 
	path TEXT NOT NULL, 
	calendar TEXT, 
	CONSTRAINT pk_zones PRIMARY KEY (id), 
	CONSTRAINT fk_zones_parent FOREIGN KEY(parent) REFERENCES zones (id), 
	CONSTRAINT fk_zones_calendar FOREIGN KEY(calendar) REFERENCES calendars (id)
);
INSERT INTO "zones" VALUES('ward-1','Phường Thuận Hoá','ward',NULL,16.4637,107.5909,'[]','centre');
INSERT INTO "zones" VALUES('le-loi','Lê Lợi','street','ward-1',NULL,NULL,'[[16.1,107.1],[16.2,107.30000001]]',NULL);
CREATE INDEX ix_commands_created ON commands (created);
CREATE INDEX ix_commands_state ON commands (state);
CREATE INDEX ix_keys_created ON keys (created);
CREATE INDEX ix_overrides_command ON overrides (command);
CREATE INDEX ix_overrides_start ON overrides (start);
CREATE INDEX ix_overrides_until ON overrides (until);
CREATE INDEX ix_quarantine_code ON quarantine (code);
CREATE INDEX ix_quarantine_received ON quarantine (received);
CREATE INDEX ix_devices_address ON devices (address);
CREATE INDEX ix_devices_zone ON devices (zone);
CREATE INDEX ix_targets_unsettled ON targets (device) WHERE outcome IN ('pending', 'sent');
CREATE INDEX ix_events_phase ON events (phase);
CREATE INDEX ix_quarantine_group ON quarantine (device, code, id, size);
CREATE INDEX ix_zones_parent ON zones (parent);
CREATE INDEX ix_approvals_lapses ON approvals (lapses);
CREATE INDEX ix_audit_time ON audit (time);
CREATE INDEX ix_alarm_log_time ON alarm_log (time);
CREATE INDEX ix_alarm_log_alarm ON alarm_log (alarm, id);
CREATE INDEX ix_fire_events_received ON fire_events (received);
CREATE INDEX ix_fire_events_alarm ON fire_events (alarm);
CREATE INDEX ix_fire_events_key ON fire_events (device, type, point, time);
CREATE INDEX ix_fire_tests_started ON fire_tests (started);
CREATE INDEX ix_notify_deliveries_message ON notify_deliveries (message);
CREATE INDEX ix_notify_deliveries_created ON notify_deliveries (created);
CREATE INDEX ix_notify_deliveries_alarm ON notify_deliveries (alarm, episode);
CREATE INDEX ix_notify_deliveries_channel ON notify_deliveries (channel, id);
CREATE INDEX ix_notify_deliveries_state ON notify_deliveries (state, id);
CREATE INDEX ix_notify_attempts_message ON notify_attempts (message);
CREATE INDEX ix_notify_attempts_time ON notify_attempts (time);
CREATE INDEX ix_notify_attempts_channel ON notify_attempts (channel, id);
CREATE INDEX ix_incidents_device ON incidents (device);
CREATE INDEX ix_incidents_opened ON incidents (opened);
CREATE INDEX ix_incidents_ended ON incidents (ended);
CREATE INDEX ix_incident_log_incident ON incident_log (incident, id);
CREATE INDEX ix_messages_incident ON messages (incident);
CREATE INDEX ix_signal_plans_state ON signal_plans (state);
CREATE INDEX ix_signal_orders_ended ON signal_orders (ended);
CREATE INDEX ix_signal_orders_junction ON signal_orders (junction, id);
CREATE INDEX ix_signal_evaluations_plan ON signal_evaluations ("plan");
CREATE INDEX ix_signal_evaluations_junction ON signal_evaluations (junction);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',3);
INSERT INTO "sqlite_sequence" VALUES('quarantine',2);
INSERT INTO "sqlite_sequence" VALUES('fire_events',1);
INSERT INTO "sqlite_sequence" VALUES('fire_tests',1);
INSERT INTO "sqlite_sequence" VALUES('audit',4);
INSERT INTO "sqlite_sequence" VALUES('alarm_log',1);
INSERT INTO "sqlite_sequence" VALUES('notify_deliveries',1);
INSERT INTO "sqlite_sequence" VALUES('notify_attempts',1);
INSERT INTO "sqlite_sequence" VALUES('incident_log',1);
INSERT INTO "sqlite_sequence" VALUES('messages',1);
COMMIT;
