CREATE TABLE public.accounts (
    device text NOT NULL COLLATE pg_catalog."C",
    hash text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.alarm_log (
    id bigint NOT NULL,
    alarm text NOT NULL COLLATE pg_catalog."C",
    "time" double precision NOT NULL,
    what text NOT NULL COLLATE pg_catalog."C",
    who text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.alarm_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.alarm_log_id_seq OWNED BY public.alarm_log.id;
CREATE TABLE public.alarms (
    id text NOT NULL COLLATE pg_catalog."C",
    device text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    point text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL COLLATE pg_catalog."C",
    revision bigint NOT NULL,
    began double precision NOT NULL,
    changed double precision NOT NULL,
    told double precision NOT NULL,
    times integer NOT NULL,
    text text NOT NULL COLLATE pg_catalog."C",
    acknowledged double precision,
    acknowledged_by text NOT NULL COLLATE pg_catalog."C",
    cause text COLLATE pg_catalog."C",
    shelf text NOT NULL COLLATE pg_catalog."C",
    service text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.approvals (
    id text NOT NULL COLLATE pg_catalog."C",
    created double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    digest text NOT NULL COLLATE pg_catalog."C",
    key text COLLATE pg_catalog."C",
    needs text NOT NULL COLLATE pg_catalog."C",
    lights integer NOT NULL,
    lapses double precision NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    decided double precision,
    decided_by text COLLATE pg_catalog."C",
    override text COLLATE pg_catalog."C"
);
CREATE TABLE public.audit (
    id bigint NOT NULL,
    "time" double precision NOT NULL,
    who text NOT NULL COLLATE pg_catalog."C",
    what text NOT NULL COLLATE pg_catalog."C",
    about text NOT NULL COLLATE pg_catalog."C",
    detail text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.audit_id_seq OWNED BY public.audit.id;
CREATE TABLE public.cabinets (
    device text NOT NULL COLLATE pg_catalog."C",
    "time" double precision NOT NULL,
    received double precision NOT NULL,
    body text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.calendars (
    id text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    changed double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.calibrations (
    id text NOT NULL COLLATE pg_catalog."C",
    device text NOT NULL COLLATE pg_catalog."C",
    metric text NOT NULL COLLATE pg_catalog."C",
    since double precision NOT NULL,
    factor double precision NOT NULL,
    "offset" double precision NOT NULL,
    basis text COLLATE pg_catalog."C",
    note text NOT NULL COLLATE pg_catalog."C",
    by text NOT NULL COLLATE pg_catalog."C",
    changed double precision NOT NULL
);
CREATE TABLE public.commands (
    id text NOT NULL COLLATE pg_catalog."C",
    operation text NOT NULL COLLATE pg_catalog."C",
    created double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C",
    expires double precision NOT NULL,
    level double precision,
    ramp double precision NOT NULL,
    until double precision,
    override text COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    signals text COLLATE pg_catalog."C"
);
CREATE TABLE public.device_keys (
    device text NOT NULL COLLATE pg_catalog."C",
    seed text NOT NULL COLLATE pg_catalog."C",
    made double precision NOT NULL
);
CREATE TABLE public.devices (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    profile text NOT NULL COLLATE pg_catalog."C",
    zone text COLLATE pg_catalog."C",
    lat double precision,
    lon double precision,
    rated_power double precision,
    address text COLLATE pg_catalog."C",
    status text NOT NULL COLLATE pg_catalog."C",
    search text NOT NULL COLLATE pg_catalog."C",
    feed text COLLATE pg_catalog."C"
);
CREATE TABLE public.events (
    id bigint NOT NULL,
    device text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    point text NOT NULL COLLATE pg_catalog."C",
    "time" double precision NOT NULL,
    phase text NOT NULL COLLATE pg_catalog."C",
    received double precision NOT NULL,
    text text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.events_id_seq OWNED BY public.events.id;
CREATE TABLE public.facts (
    key text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.fire_events (
    id bigint NOT NULL,
    device text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    point text NOT NULL COLLATE pg_catalog."C",
    phase text NOT NULL COLLATE pg_catalog."C",
    "time" double precision NOT NULL,
    received double precision NOT NULL,
    text text NOT NULL COLLATE pg_catalog."C",
    found text NOT NULL COLLATE pg_catalog."C",
    persisted double precision,
    alarm text COLLATE pg_catalog."C",
    episode integer,
    alarmed double precision,
    streamed double precision,
    clock_error double precision,
    acknowledged text NOT NULL COLLATE pg_catalog."C",
    notified text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.fire_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.fire_events_id_seq OWNED BY public.fire_events.id;
CREATE TABLE public.fire_panels (
    device text NOT NULL COLLATE pg_catalog."C",
    "time" double precision NOT NULL,
    received double precision NOT NULL,
    counts text NOT NULL COLLATE pg_catalog."C",
    self_test text COLLATE pg_catalog."C"
);
CREATE TABLE public.fire_points (
    device text NOT NULL COLLATE pg_catalog."C",
    condition text NOT NULL COLLATE pg_catalog."C",
    point text NOT NULL COLLATE pg_catalog."C",
    since double precision NOT NULL,
    received double precision NOT NULL,
    text text NOT NULL COLLATE pg_catalog."C",
    found text NOT NULL COLLATE pg_catalog."C",
    ended double precision
);
CREATE TABLE public.fire_tests (
    id bigint NOT NULL,
    started double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C",
    outcome text COLLATE pg_catalog."C",
    stages text NOT NULL COLLATE pg_catalog."C",
    detail text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.fire_tests_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.fire_tests_id_seq OWNED BY public.fire_tests.id;
CREATE TABLE public.incident_log (
    id bigint NOT NULL,
    incident text NOT NULL COLLATE pg_catalog."C",
    "time" double precision NOT NULL,
    what text NOT NULL COLLATE pg_catalog."C",
    who text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.incident_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.incident_log_id_seq OWNED BY public.incident_log.id;
CREATE TABLE public.incidents (
    id text NOT NULL COLLATE pg_catalog."C",
    playbook text NOT NULL COLLATE pg_catalog."C",
    device text NOT NULL COLLATE pg_catalog."C",
    opened double precision NOT NULL,
    ended double precision,
    body text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.intersections (
    id text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    changed double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.keys (
    "user" text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    digest text NOT NULL COLLATE pg_catalog."C",
    response text NOT NULL COLLATE pg_catalog."C",
    created double precision NOT NULL
);
CREATE TABLE public.late_hours (
    hour double precision NOT NULL,
    mark bigint NOT NULL
);
CREATE TABLE public.lights (
    device text NOT NULL COLLATE pg_catalog."C",
    level double precision,
    cause text COLLATE pg_catalog."C",
    "time" double precision,
    received double precision,
    command text COLLATE pg_catalog."C",
    in_effect double precision
);
CREATE TABLE public.messages (
    id bigint NOT NULL,
    "time" double precision NOT NULL,
    incident text NOT NULL COLLATE pg_catalog."C",
    playbook text NOT NULL COLLATE pg_catalog."C",
    device text NOT NULL COLLATE pg_catalog."C",
    what text NOT NULL COLLATE pg_catalog."C",
    severity text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL COLLATE pg_catalog."C",
    "to" text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.messages_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.messages_id_seq OWNED BY public.messages.id;
CREATE TABLE public.notify_attempts (
    id bigint NOT NULL,
    message text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    "time" double precision NOT NULL,
    outcome text NOT NULL COLLATE pg_catalog."C",
    took double precision,
    status text NOT NULL COLLATE pg_catalog."C",
    detail text NOT NULL COLLATE pg_catalog."C",
    "left" text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.notify_attempts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.notify_attempts_id_seq OWNED BY public.notify_attempts.id;
CREATE TABLE public.notify_channels (
    id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    sealed text NOT NULL COLLATE pg_catalog."C",
    changed double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.notify_deliveries (
    id bigint NOT NULL,
    message text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    alarm text NOT NULL COLLATE pg_catalog."C",
    episode integer NOT NULL,
    what text NOT NULL COLLATE pg_catalog."C",
    route text NOT NULL COLLATE pg_catalog."C",
    step integer NOT NULL,
    fire boolean NOT NULL,
    conditional boolean NOT NULL,
    created double precision NOT NULL,
    due double precision NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    by text NOT NULL COLLATE pg_catalog."C",
    attempts integer NOT NULL,
    first_attempt double precision,
    ended double precision,
    body text NOT NULL COLLATE pg_catalog."C"
);
CREATE SEQUENCE public.notify_deliveries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.notify_deliveries_id_seq OWNED BY public.notify_deliveries.id;
CREATE TABLE public.notify_routes (
    id text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    changed double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.overrides (
    id text NOT NULL COLLATE pg_catalog."C",
    level double precision NOT NULL,
    ramp double precision NOT NULL,
    start double precision NOT NULL,
    until double precision NOT NULL,
    reason text NOT NULL COLLATE pg_catalog."C",
    by text NOT NULL COLLATE pg_catalog."C",
    command text NOT NULL COLLATE pg_catalog."C",
    zones text NOT NULL COLLATE pg_catalog."C",
    devices text NOT NULL COLLATE pg_catalog."C",
    cause text NOT NULL COLLATE pg_catalog."C",
    ended double precision,
    ended_by text COLLATE pg_catalog."C"
);
CREATE TABLE public.playbooks (
    id text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    changed double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.programs (
    id text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    changed double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.quarantine (
    id bigint NOT NULL,
    received double precision NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    device text COLLATE pg_catalog."C",
    code text NOT NULL COLLATE pg_catalog."C",
    reason text NOT NULL COLLATE pg_catalog."C",
    size integer NOT NULL,
    raw bytea NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    tried double precision
);
CREATE TABLE public.quarantine_counts (
    device text NOT NULL COLLATE pg_catalog."C",
    code text NOT NULL COLLATE pg_catalog."C",
    count bigint NOT NULL,
    last double precision NOT NULL
);
CREATE SEQUENCE public.quarantine_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.quarantine_id_seq OWNED BY public.quarantine.id;
CREATE TABLE public.rollups (
    tier text NOT NULL COLLATE pg_catalog."C",
    since double precision NOT NULL,
    until double precision NOT NULL
);
CREATE TABLE public.sensing (
    id text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    changed double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.signal_evaluations (
    id text NOT NULL COLLATE pg_catalog."C",
    plan text NOT NULL COLLATE pg_catalog."C",
    junction text NOT NULL COLLATE pg_catalog."C",
    created double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C",
    verdict text NOT NULL COLLATE pg_catalog."C",
    report text NOT NULL COLLATE pg_catalog."C",
    html text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.signal_orders (
    id text NOT NULL COLLATE pg_catalog."C",
    junction text NOT NULL COLLATE pg_catalog."C",
    created double precision NOT NULL,
    ended double precision,
    body text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.signal_plans (
    id text NOT NULL COLLATE pg_catalog."C",
    junction text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.signal_routes (
    id text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C",
    changed double precision NOT NULL,
    by text NOT NULL COLLATE pg_catalog."C"
);
CREATE TABLE public.targets (
    command text NOT NULL COLLATE pg_catalog."C",
    device text NOT NULL COLLATE pg_catalog."C",
    outcome text NOT NULL COLLATE pg_catalog."C",
    detail text NOT NULL COLLATE pg_catalog."C",
    updated double precision NOT NULL
);
CREATE TABLE public.users (
    name text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    password_hash text NOT NULL COLLATE pg_catalog."C",
    zones text NOT NULL COLLATE pg_catalog."C",
    disabled boolean NOT NULL,
    created double precision NOT NULL
);
CREATE TABLE public.zone_members (
    zone text NOT NULL COLLATE pg_catalog."C",
    digest text NOT NULL COLLATE pg_catalog."C",
    since double precision NOT NULL
);
CREATE TABLE public.zones (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    parent text COLLATE pg_catalog."C",
    lat double precision,
    lon double precision,
    path text NOT NULL COLLATE pg_catalog."C",
    calendar text COLLATE pg_catalog."C"
);
ALTER TABLE ONLY public.alarm_log ALTER COLUMN id SET DEFAULT nextval('public.alarm_log_id_seq'::regclass);
ALTER TABLE ONLY public.audit ALTER COLUMN id SET DEFAULT nextval('public.audit_id_seq'::regclass);
ALTER TABLE ONLY public.events ALTER COLUMN id SET DEFAULT nextval('public.events_id_seq'::regclass);
ALTER TABLE ONLY public.fire_events ALTER COLUMN id SET DEFAULT nextval('public.fire_events_id_seq'::regclass);
ALTER TABLE ONLY public.fire_tests ALTER COLUMN id SET DEFAULT nextval('public.fire_tests_id_seq'::regclass);
ALTER TABLE ONLY public.incident_log ALTER COLUMN id SET DEFAULT nextval('public.incident_log_id_seq'::regclass);
ALTER TABLE ONLY public.messages ALTER COLUMN id SET DEFAULT nextval('public.messages_id_seq'::regclass);
ALTER TABLE ONLY public.notify_attempts ALTER COLUMN id SET DEFAULT nextval('public.notify_attempts_id_seq'::regclass);
ALTER TABLE ONLY public.notify_deliveries ALTER COLUMN id SET DEFAULT nextval('public.notify_deliveries_id_seq'::regclass);
ALTER TABLE ONLY public.quarantine ALTER COLUMN id SET DEFAULT nextval('public.quarantine_id_seq'::regclass);
INSERT INTO public.accounts VALUES ('gw-1', '$2b$12$x');
INSERT INTO public.alarm_log VALUES (1, 'alarm-1', 1763750002.123456, 'acknowledged', 'lan', 'đã biết');
INSERT INTO public.alarms VALUES ('alarm-0', 'gw-1', 'circuitBreakerTripped', '', 'normal', 'event', 0, 0, 0, 0, 0, '', NULL, '', NULL, 'null', '[1763750000.123456,"huong","đào đường"]');
INSERT INTO public.alarms VALUES ('alarm-1', 'a', 'lampFailure', 'đầu 1', 'acknowledged', 'rule', 7, 1763750000.123456, 1763750000.623456, 1763750001.123456, 3, 'power_asked 0.01, below 0.2', 1763750002.123456, 'lan', 'alarm-0', '[1763753600.623456,"lan","chờ xe"]', 'null');
INSERT INTO public.alembic_version VALUES ('0016');
INSERT INTO public.approvals VALUES ('apr-1', 1763750000.123456, 'huong', '{"zones":["ward-1"],"devices":[],"level":0.0,"until":1763753600.623456,"reason":"cắt điện"}', 'sha', 'k2', '["dark-road"]', 2, 1763750900.123456, 'refused', 1763750001.123456, 'lan', NULL);
INSERT INTO public.audit VALUES (1, 1763750000.123456, 'huong', 'approval.asked', 'apr-1', '{"reason":"cắt điện"}');
INSERT INTO public.audit VALUES (2, 1763750001.123456, 'lan', 'approval.refused', 'apr-1', '{}');
INSERT INTO public.audit VALUES (3, 1763750002.123456, 'hương', 'signals.plan.added', 'plan-1', '{}');
INSERT INTO public.audit VALUES (4, 1763750003.123456, 'hương', 'signals.evaluation', 'plan-1', '{}');
INSERT INTO public.cabinets VALUES ('gw-1', 1763750003.123456, 1763750004.123456, '{"segments":{"b":true},"feedback":{"b":false},"door":false,"breaker":null,"remote":true}');
INSERT INTO public.calendars VALUES ('centre', '{"id":"centre","name":"Trung tâm","default":"half"}', 1763750000.623456, 'hương');
INSERT INTO public.calibrations VALUES ('cal-1', 'a', 'pm2_5', 1763742799.623456, 0.87, -1.5, 'ambient', 'đo cùng trạm chuẩn', 'hương', 1763750000.123456);
INSERT INTO public.commands VALUES ('c1', 'set_level', 1763750000.123456, 'huong', 1763750060.123456, 60, 5, 1763753600.123456, 'o1', 'running', 'null');
INSERT INTO public.commands VALUES ('c3', 'set_level', 1763750000.123456, 'huong', 1763750060.123456, 60, 5, 1763753600.123456, NULL, 'done', '{"j-1":{"plan":"p-2","program":null,"checksum":"c1"}}');
INSERT INTO public.device_keys VALUES ('gw-1', 'seed-of-gw-1', 1763750000.123456);
INSERT INTO public.devices VALUES ('gw-1', 'Tủ ''số 1''', 'gateway', 'native', 'ward-1', NULL, NULL, NULL, NULL, 'active', 'gw-1
tu ''so 1''', NULL);
INSERT INTO public.devices VALUES ('a', 'Đèn; 1', 'light', 'native', 'le-loi', 16.4, 107.5, 61.5, 'gw-1', 'active', 'a
den; 1', 'gw-1/b');
INSERT INTO public.devices VALUES ('b', '', 'light', 'native', NULL, NULL, NULL, NULL, NULL, 'retired', 'b
', NULL);
INSERT INTO public.events VALUES (1, 'a', 'lampFailure', '', 1763750000.123456, 'began', 1763750000.623456, 'bóng đèn');
INSERT INTO public.events VALUES (2, 'gw-1', 'lampFailure', '', 1763750000.123456, 'happened', 1763750000.623456, 'bóng đèn');
INSERT INTO public.events VALUES (3, 'gw-1', 'fireAlarm', '1/23', 1763750005.123456, 'began', 1763750006.623456, 'kho ''số 2''');
INSERT INTO public.facts VALUES ('broker.client', 'hub-1');
INSERT INTO public.facts VALUES ('alarms.cursor', '2');
INSERT INTO public.facts VALUES ('notify.cursor', '1');
INSERT INTO public.facts VALUES ('incidents.cursor', '1');
INSERT INTO public.fire_events VALUES (1, 'gw-1', 'fireAlarm', '1/23', 'began', 1763750005.123456, 1763750006.623456, 'kho ''số 2''', 'comparison', NULL, NULL, NULL, NULL, NULL, NULL, '[]', '[]');
INSERT INTO public.fire_panels VALUES ('gw-1', 1763750005.123456, 1763750006.623456, '[1,null,0,null,null]', 'đạt');
INSERT INTO public.fire_points VALUES ('gw-1', 'alarm', '1/23', 1763750005.123456, 1763750006.623456, 'kho ''số 2''', 'comparison', NULL);
INSERT INTO public.fire_tests VALUES (1, 1763750000.123456, 'huong', 'failed', '{"published":0.25}', 'không tới');
INSERT INTO public.incident_log VALUES (1, 'inc-1', 1763750000.123456, 'opened', '', 'cut');
INSERT INTO public.incidents VALUES ('inc-1', 'cable-cut', 'gw-1', 1763750000.123456, 1763750160.123456, '{"id":"inc-1","playbook":"cable-cut","name":"Cáp bị đứt","device":"gw-1","type":"cableCut","point":"","text":"cut","opened":1763750000.123456,"deadline":1763750900.123456,"after":60.0,"until":1763750160.123456,"dry":false,"holders":[],"events":1,"quiet":1763750100.123456,"lights":[{"level":100.0,"ramp":5.0,"zones":["street"],"devices":["a"],"why_none":""}],"lamps":0,"refused":["too-many"],"marks":[{"device":"gw-1","text":"!"}],"tellings":[{"severity":"high","text":"cut","to":["crew"]}],"tasks":[{"text":"?","done":1763750005.123456,"by":"huong","remark":"done"}],"ended":1763750160.123456,"ended_why":"over","ended_by":"","reason":"","declared_by":""}');
INSERT INTO public.intersections VALUES ('j-1', '{"name":"Lê Lợi"}', 1763750000.123456, 'hương');
INSERT INTO public.keys VALUES ('huong', 'k1', 'sha', '{"id":"o1"}', 1763750000.123456);
INSERT INTO public.late_hours VALUES (1763746400.123456, 7);
INSERT INTO public.lights VALUES ('a', 59.5, 'override', 1763750000.123456, 1763750000.623456, 'c1', 60);
INSERT INTO public.messages VALUES (1, 1763750000.123456, 'inc-1', 'cable-cut', 'gw-1', 'opened', 'high', 'cut', '["crew"]');
INSERT INTO public.notify_attempts VALUES (1, 'msg-1', 'duty', 1763750601.623456, 'failed', 0.25, '550', 'không có hộp thư', '["trực@huế.example"]');
INSERT INTO public.notify_channels VALUES ('duty', 'email', '{"host":"mail.example","to":["trực@huế.example"]}', 'sealed', 1763750000.123456, 'hương');
INSERT INTO public.notify_deliveries VALUES (1, 'msg-1', 'duty', 'email', 'alarm-1', 3, 'began', 'fire', 1, true, true, 1763750000.123456, 1763750600.623456, 'waiting', '', '', 1, 1763750601.623456, NULL, '{"alarm":{"id":"alarm-1","name":"Chợ Đông Ba"}}');
INSERT INTO public.notify_routes VALUES ('fire', '{"steps":[{"after":0.0,"channels":["duty"]}],"name":"Báo cháy"}', 1763750000.123456, 'hương');
INSERT INTO public.overrides VALUES ('o1', 60, 5, 1763750000.123456, 1763753600.123456, 'lễ hội', 'huong', 'c1', '["le-loi","ward-1"]', '["a","b"]', 'override', NULL, NULL);
INSERT INTO public.playbooks VALUES ('cable-cut', '{"name":"Cáp bị đứt","trigger":{"types":["cableCut"]},"ask":[{"text":"?"}]}', 1763750000.123456, 'lan');
INSERT INTO public.programs VALUES ('half', '{"id":"half","steps":[{"at":"sunset","level":62.5}]}', 1763750000.123456, 'hương');
INSERT INTO public.quarantine VALUES (1, 1763750000.123456, 'll/d/a/up/telemetry', 'a', 'bad-json', 'send JSON', 3, '\x00ff7b', 0, NULL);
INSERT INTO public.quarantine VALUES (2, 1763750000.123456, 'll/d/None/up/telemetry', NULL, 'bad-topic', 'send JSON', 3, '\x00ff7b', 0, NULL);
INSERT INTO public.quarantine_counts VALUES ('a', 'bad-json', 1, 1763750000.123456);
INSERT INTO public.quarantine_counts VALUES ('', 'bad-topic', 1, 1763750000.123456);
INSERT INTO public.rollups VALUES ('15m', 1763742800.123456, 1763750000.123456);
INSERT INTO public.rollups VALUES ('1d', 1763742800.123456, 1763749999.623456);
INSERT INTO public.sensing VALUES ('rain', '{"id":"rain","zone":"ward-1","kind":"raise","sensors":["gw-1"],"above":2.5}', 1763750000.123456, 'hương');
INSERT INTO public.signal_evaluations VALUES ('ev-1', 'plan-1', 'j-1', 1763750000.123456, 'hương', 'better', '{"format":1}', '<p>ổn</p>');
INSERT INTO public.signal_orders VALUES ('so-1', 'j-1', 1763750000.123456, NULL, '{"id":"so-1","junction":"j-1","kind":"hold","created":1763750000.123456,"by":"lan","reason":"đoàn xe","command":"c1","until":1763750060.123456,"plan":"plan-1","program":"p","name":"hold-1","checksum":"c2","stage":"1","seconds":12.0,"body":{"cycle":60},"route":null,"request":null,"progress":"ordered","detail":"","confirmed":null,"running":null,"ended":null,"ended_by":"","earliest":0.0}');
INSERT INTO public.signal_plans VALUES ('plan-1', 'j-1', 1, 'active', '{"id":"plan-1","junction":"j-1","version":1,"state":"active","body":{"junction":"j-1","note":"Lê Lợi ''x''"},"digest":"d1","created":1763750000.123456,"changed":1763750003.123456,"by":"hương","note":"sáng","writers":["hương"],"errors":0,"warnings":1,"submitted":1763750001.123456,"submitted_by":"hương","approved":1763750002.123456,"approved_by":"lan","approved_digest":"d1","lapses":1763750090.623456,"checksums":{"p":"c1"},"names":{"p":"p-2"},"stored":["p"],"activated":1763750002.623456,"activated_by":"lan","active_since":1763750003.123456,"active_until":null,"before":null,"commands":["c3"],"steps":[{"time":1763750003.123456,"what":"active","who":"","text":"chạy","digest":"d1"}]}');
INSERT INTO public.signal_routes VALUES ('le-loi', '{"name":"Lê Lợi","legs":[["j-1","p"]]}', 1763750000.123456, 'hương');
INSERT INTO public.targets VALUES ('c1', 'b', 'sent', '', 1763750001.123456);
INSERT INTO public.targets VALUES ('c1', 'a', 'applied', 'ok', 1763750002.123456);
INSERT INTO public.targets VALUES ('c3', 'j-1', 'pending', '', 1763750000.123456);
INSERT INTO public.users VALUES ('huong', 'operator', '$argon2id$v=19$x', '["ward-1"]', true, 1763750000.123456);
INSERT INTO public.zone_members VALUES ('ward-1', '5f1c', 1763750000.123456);
INSERT INTO public.zones VALUES ('ward-1', 'Phường Thuận Hoá', 'ward', NULL, 16.4637, 107.5909, '[]', 'centre');
INSERT INTO public.zones VALUES ('le-loi', 'Lê Lợi', 'street', 'ward-1', NULL, NULL, '[[16.1,107.1],[16.2,107.30000001]]', NULL);
SELECT pg_catalog.setval('public.alarm_log_id_seq', 1, true);
SELECT pg_catalog.setval('public.audit_id_seq', 4, true);
SELECT pg_catalog.setval('public.events_id_seq', 3, true);
SELECT pg_catalog.setval('public.fire_events_id_seq', 1, true);
SELECT pg_catalog.setval('public.fire_tests_id_seq', 1, true);
SELECT pg_catalog.setval('public.incident_log_id_seq', 1, true);
SELECT pg_catalog.setval('public.messages_id_seq', 1, true);
SELECT pg_catalog.setval('public.notify_attempts_id_seq', 1, true);
SELECT pg_catalog.setval('public.notify_deliveries_id_seq', 1, true);
SELECT pg_catalog.setval('public.quarantine_id_seq', 2, true);
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT pk_accounts PRIMARY KEY (device);
ALTER TABLE ONLY public.alarm_log
    ADD CONSTRAINT pk_alarm_log PRIMARY KEY (id);
ALTER TABLE ONLY public.alarms
    ADD CONSTRAINT pk_alarms PRIMARY KEY (id);
ALTER TABLE ONLY public.approvals
    ADD CONSTRAINT pk_approvals PRIMARY KEY (id);
ALTER TABLE ONLY public.audit
    ADD CONSTRAINT pk_audit PRIMARY KEY (id);
ALTER TABLE ONLY public.cabinets
    ADD CONSTRAINT pk_cabinets PRIMARY KEY (device);
ALTER TABLE ONLY public.calendars
    ADD CONSTRAINT pk_calendars PRIMARY KEY (id);
ALTER TABLE ONLY public.calibrations
    ADD CONSTRAINT pk_calibrations PRIMARY KEY (id);
ALTER TABLE ONLY public.commands
    ADD CONSTRAINT pk_commands PRIMARY KEY (id);
ALTER TABLE ONLY public.device_keys
    ADD CONSTRAINT pk_device_keys PRIMARY KEY (device);
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT pk_devices PRIMARY KEY (id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT pk_events PRIMARY KEY (id);
ALTER TABLE ONLY public.facts
    ADD CONSTRAINT pk_facts PRIMARY KEY (key);
ALTER TABLE ONLY public.fire_events
    ADD CONSTRAINT pk_fire_events PRIMARY KEY (id);
ALTER TABLE ONLY public.fire_panels
    ADD CONSTRAINT pk_fire_panels PRIMARY KEY (device);
ALTER TABLE ONLY public.fire_points
    ADD CONSTRAINT pk_fire_points PRIMARY KEY (device, condition, point);
ALTER TABLE ONLY public.fire_tests
    ADD CONSTRAINT pk_fire_tests PRIMARY KEY (id);
ALTER TABLE ONLY public.incident_log
    ADD CONSTRAINT pk_incident_log PRIMARY KEY (id);
ALTER TABLE ONLY public.incidents
    ADD CONSTRAINT pk_incidents PRIMARY KEY (id);
ALTER TABLE ONLY public.intersections
    ADD CONSTRAINT pk_intersections PRIMARY KEY (id);
ALTER TABLE ONLY public.keys
    ADD CONSTRAINT pk_keys PRIMARY KEY ("user", key);
ALTER TABLE ONLY public.late_hours
    ADD CONSTRAINT pk_late_hours PRIMARY KEY (hour);
ALTER TABLE ONLY public.lights
    ADD CONSTRAINT pk_lights PRIMARY KEY (device);
ALTER TABLE ONLY public.messages
    ADD CONSTRAINT pk_messages PRIMARY KEY (id);
ALTER TABLE ONLY public.notify_attempts
    ADD CONSTRAINT pk_notify_attempts PRIMARY KEY (id);
ALTER TABLE ONLY public.notify_channels
    ADD CONSTRAINT pk_notify_channels PRIMARY KEY (id);
ALTER TABLE ONLY public.notify_deliveries
    ADD CONSTRAINT pk_notify_deliveries PRIMARY KEY (id);
ALTER TABLE ONLY public.notify_routes
    ADD CONSTRAINT pk_notify_routes PRIMARY KEY (id);
ALTER TABLE ONLY public.overrides
    ADD CONSTRAINT pk_overrides PRIMARY KEY (id);
ALTER TABLE ONLY public.playbooks
    ADD CONSTRAINT pk_playbooks PRIMARY KEY (id);
ALTER TABLE ONLY public.programs
    ADD CONSTRAINT pk_programs PRIMARY KEY (id);
ALTER TABLE ONLY public.quarantine
    ADD CONSTRAINT pk_quarantine PRIMARY KEY (id);
ALTER TABLE ONLY public.quarantine_counts
    ADD CONSTRAINT pk_quarantine_counts PRIMARY KEY (device, code);
ALTER TABLE ONLY public.rollups
    ADD CONSTRAINT pk_rollups PRIMARY KEY (tier);
ALTER TABLE ONLY public.sensing
    ADD CONSTRAINT pk_sensing PRIMARY KEY (id);
ALTER TABLE ONLY public.signal_evaluations
    ADD CONSTRAINT pk_signal_evaluations PRIMARY KEY (id);
ALTER TABLE ONLY public.signal_orders
    ADD CONSTRAINT pk_signal_orders PRIMARY KEY (id);
ALTER TABLE ONLY public.signal_plans
    ADD CONSTRAINT pk_signal_plans PRIMARY KEY (id);
ALTER TABLE ONLY public.signal_routes
    ADD CONSTRAINT pk_signal_routes PRIMARY KEY (id);
ALTER TABLE ONLY public.targets
    ADD CONSTRAINT pk_targets PRIMARY KEY (command, device);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT pk_users PRIMARY KEY (name);
ALTER TABLE ONLY public.zone_members
    ADD CONSTRAINT pk_zone_members PRIMARY KEY (zone);
ALTER TABLE ONLY public.zones
    ADD CONSTRAINT pk_zones PRIMARY KEY (id);
ALTER TABLE ONLY public.alarms
    ADD CONSTRAINT uq_alarms_device UNIQUE (device, type, point);
ALTER TABLE ONLY public.calibrations
    ADD CONSTRAINT uq_calibrations_device UNIQUE (device, metric, since);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT uq_events_device UNIQUE (device, type, point, "time", phase);
ALTER TABLE ONLY public.signal_plans
    ADD CONSTRAINT uq_signal_plans_junction UNIQUE (junction, version);
CREATE INDEX ix_alarm_log_alarm ON public.alarm_log USING btree (alarm, id);
CREATE INDEX ix_alarm_log_time ON public.alarm_log USING btree ("time");
CREATE INDEX ix_approvals_lapses ON public.approvals USING btree (lapses);
CREATE INDEX ix_audit_time ON public.audit USING btree ("time");
CREATE INDEX ix_commands_created ON public.commands USING btree (created);
CREATE INDEX ix_commands_state ON public.commands USING btree (state);
CREATE INDEX ix_devices_address ON public.devices USING btree (address);
CREATE INDEX ix_devices_zone ON public.devices USING btree (zone);
CREATE INDEX ix_events_phase ON public.events USING btree (phase);
CREATE INDEX ix_fire_events_alarm ON public.fire_events USING btree (alarm);
CREATE INDEX ix_fire_events_key ON public.fire_events USING btree (device, type, point, "time");
CREATE INDEX ix_fire_events_received ON public.fire_events USING btree (received);
CREATE INDEX ix_fire_tests_started ON public.fire_tests USING btree (started);
CREATE INDEX ix_incident_log_incident ON public.incident_log USING btree (incident, id);
CREATE INDEX ix_incidents_device ON public.incidents USING btree (device);
CREATE INDEX ix_incidents_ended ON public.incidents USING btree (ended);
CREATE INDEX ix_incidents_opened ON public.incidents USING btree (opened);
CREATE INDEX ix_keys_created ON public.keys USING btree (created);
CREATE INDEX ix_messages_incident ON public.messages USING btree (incident);
CREATE INDEX ix_notify_attempts_channel ON public.notify_attempts USING btree (channel, id);
CREATE INDEX ix_notify_attempts_message ON public.notify_attempts USING btree (message);
CREATE INDEX ix_notify_attempts_time ON public.notify_attempts USING btree ("time");
CREATE INDEX ix_notify_deliveries_alarm ON public.notify_deliveries USING btree (alarm, episode);
CREATE INDEX ix_notify_deliveries_channel ON public.notify_deliveries USING btree (channel, id);
CREATE INDEX ix_notify_deliveries_created ON public.notify_deliveries USING btree (created);
CREATE INDEX ix_notify_deliveries_message ON public.notify_deliveries USING btree (message);
CREATE INDEX ix_notify_deliveries_state ON public.notify_deliveries USING btree (state, id);
CREATE INDEX ix_overrides_command ON public.overrides USING btree (command);
CREATE INDEX ix_overrides_start ON public.overrides USING btree (start);
CREATE INDEX ix_overrides_until ON public.overrides USING btree (until);
CREATE INDEX ix_quarantine_code ON public.quarantine USING btree (code);
CREATE INDEX ix_quarantine_group ON public.quarantine USING btree (device, code, id, size);
CREATE INDEX ix_quarantine_received ON public.quarantine USING btree (received);
CREATE INDEX ix_signal_evaluations_junction ON public.signal_evaluations USING btree (junction);
CREATE INDEX ix_signal_evaluations_plan ON public.signal_evaluations USING btree (plan);
CREATE INDEX ix_signal_orders_ended ON public.signal_orders USING btree (ended);
CREATE INDEX ix_signal_orders_junction ON public.signal_orders USING btree (junction, id);
CREATE INDEX ix_signal_plans_state ON public.signal_plans USING btree (state);
CREATE INDEX ix_targets_unsettled ON public.targets USING btree (device) WHERE (outcome = ANY (ARRAY['pending'::text, 'sent'::text]));
CREATE INDEX ix_zones_parent ON public.zones USING btree (parent);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT fk_accounts_device FOREIGN KEY (device) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.cabinets
    ADD CONSTRAINT fk_cabinets_device FOREIGN KEY (device) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.device_keys
    ADD CONSTRAINT fk_device_keys_device FOREIGN KEY (device) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.devices
    ADD CONSTRAINT fk_devices_zone FOREIGN KEY (zone) REFERENCES public.zones(id);
ALTER TABLE ONLY public.events
    ADD CONSTRAINT fk_events_device FOREIGN KEY (device) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.fire_panels
    ADD CONSTRAINT fk_fire_panels_device FOREIGN KEY (device) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.fire_points
    ADD CONSTRAINT fk_fire_points_device FOREIGN KEY (device) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.lights
    ADD CONSTRAINT fk_lights_device FOREIGN KEY (device) REFERENCES public.devices(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.targets
    ADD CONSTRAINT fk_targets_command FOREIGN KEY (command) REFERENCES public.commands(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.zones
    ADD CONSTRAINT fk_zones_calendar FOREIGN KEY (calendar) REFERENCES public.calendars(id);
ALTER TABLE ONLY public.zones
    ADD CONSTRAINT fk_zones_parent FOREIGN KEY (parent) REFERENCES public.zones(id);
