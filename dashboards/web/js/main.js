/** The composition root of the page: builds every part once and passes it what it needs. */

import { Activity } from './activity.js';
import { Air } from './air.js';
import { Alarms } from './alarms/alarms.js';
import { FireBar } from './fire/bar.js';
import { Fire } from './fire/fire.js';
import { overDialogs } from './fire/over.js';
import { approvalBar } from './approvals.js';
import { Api } from './api.js';
import { exposeDiagnostics } from './diagnostics.js';
import { setText } from './dom.js';
import { Times } from './format.js';
import { language, onLanguage, translate } from './i18n.js';
import { watchHub } from './hubwatch.js';
import { incidentBar } from './incidents/cards.js';
import { Playbooks } from './incidents/playbooks.js';
import { Junctions } from './junctions/junctions.js';
import { junctionMarks } from './junctions/onmap.js';
import { keepFocus } from './keepfocus.js';
import { Live } from './live.js';
import { CityMap } from './map/map.js';
import { legend, mapButtons, mapHint, summary } from './mapkeys.js';
import { Notify } from './notify/notify.js';
import { Panel } from './panel.js';
import { Plans } from './plans/plans.js';
import { Quarantine } from './quarantine.js';
import { Search } from './search.js';
import { Session } from './session.js';
import { SignIn } from './signin.js';
import { spoolBar } from './spoolbar.js';
import { Store } from './store.js';
import { Tabs } from './tabs.js';
import { TopBar, languageSwitches, themeSwitch } from './topbar.js';
import { unwellBar } from './unwellbar.js';
import { zoneless } from './zoneless.js';
import { ZoneList } from './zones.js';

const part = (id) => document.getElementById(id);
const app = part('app');

const store = new Store();
const times = new Times(store.clock);
const session = new Session((reason) => leave(reason));
const api = new Api(session);
let live = null;

// Before the map is made: it takes its colours from the theme.
themeSwitch(part('theme'), () => {
  map.repaint();
  repaintLegend();
  panel.show();
});
const map = new CityMap(part('map'), store, mapHint(part('hint'), store));
const context = {
  api,
  store,
  times,
  map,
  drafts: new Map(), // unfinished orders, by target
  followed: new Map(), // the order last watched, by target
  announce: (text) => setText(part('announce'), text),
  /** Watch an order that was begun outside the panel. */
  follow(command) {
    api.command(command).then(
      (found) => store.setCommand(found),
      () => {},
    );
  },
};
const plans = new Plans(part('plans'), part('openplans'), context);
context.plans = plans;
const playbooks = new Playbooks(part('playbooks'), context);
context.playbooks = playbooks;
const panel = new Panel(part('panel'), context);
const activity = new Activity(part('activity'), context);
const quarantine = new Quarantine(part('quarantine'), part('openquarantine'), context);
const air = new Air(part('air'), part('openair'), context);
const notify = new Notify(part('notify'), context);
context.notify = notify;
const alarms = new Alarms(part('alarms'), part('openalarms'), context);
context.alarms = alarms;
const fire = new Fire(part('fire'), part('openfire'), context);
const fireBar = new FireBar(part('firebar'), api, store, { open: (device) => fire.open(device), alarms: () => alarms.open({ class: 'fire' }) });
overDialogs(part('firebar'), part('firebar').parentElement, part('fire'));
const junctions = new Junctions(part('junctions'), [part('openjunctions')], context);
context.junctions = junctions;
const signIn = new SignIn(part('signin'), api, enter);
mapButtons(part('mapkeys'), map);
const repaintLegend = legend(part('legend'), map, store);
summary(part('summary'), store);
new ZoneList(part('tree'), store);
zoneless(part('zoneless'), api, store);
const search = new Search({ input: part('search'), found: part('found'), tree: part('treebox') }, api, store);
const tabs = new Tabs(part('tabs'), app, store, { plans: () => plans.open(), air: () => air.open(), junctions: () => junctions.open() });
new TopBar(document, store, times, () => session.end('signed-out'));
languageSwitches(document);
junctionMarks(api, store, map);
spoolBar(part('spool'), store);
unwellBar(part('unwell'), store);
watchHub(api, store);
approvalBar(part('approvalbar'), store, () => {
  tabs.open('activity');
  activity.showApprovals();
});
const showIncidents = incidentBar(part('incidentbar'), store, () => {
  tabs.open('activity');
  activity.showIncidents();
});
for (const topic of ['incidents', 'me']) store.on(topic, showIncidents);
onLanguage(showIncidents);
exposeDiagnostics(store, map);

function speak() {
  document.documentElement.lang = language();
  translate(document);
  panel.show();
  activity.show();
}
onLanguage(speak);
speak();

store.on('selection', (selection) => {
  if (selection?.type === 'zone') map.fitZone(selection.id);
  if (selection?.type === 'device' && selection.from !== 'map') map.show(selection.id);
});
store.on('chosen', () => {
  if (matchMedia('(min-width: 900px)').matches === false) search.clear();
});
keepFocus(store, part('panel'));

addEventListener('keydown', (event) => {
  const typing = event.target.closest?.('input, select, textarea, dialog');
  if (event.key === '/' && !typing) {
    event.preventDefault();
    tabs.open('zones');
    part('search').focus();
  }
  if (event.key === 'Escape' && !typing) store.select(null);
});

/** After a sign-in, or with a session kept from before a reload. */
async function enter() {
  store.me = await api.me();
  store.emit('me', store.me);
  signIn.hide();
  app.hidden = false;
  live = new Live(api, session, store);
  await loadOrRetry(live);
}

/** The first picture must come: without it there is nothing to show, so ask until it does. */
async function loadOrRetry(current) {
  try {
    await current.start();
  } catch (problem) {
    if (!session.token || live !== current) return;
    context.announce(problem.message);
    current.reloadSoon();
  }
  if (store.loaded) panel.show();
}

/** The session is over: forget what was shown, and say why. */
function leave(reason) {
  live?.stop();
  live = null;
  quarantine.close();
  alarms.close();
  fire.close();
  fireBar.forget();
  notify.close();
  playbooks.close();
  junctions.close();
  plans.close();
  air.close();
  store.select(null);
  store.forget();
  context.drafts.clear();
  context.followed.clear();
  store.setCity(store.city);
  store.setZones([]);
  store.setZoneless({});
  app.hidden = true;
  activity.show();
  showIncidents();
  signIn.show(reason);
}

/** Go on with the session of before a reload; while the hub is away, say so and keep trying. */
async function resume() {
  try {
    await enter();
  } catch (problem) {
    if (!session.token) return;
    signIn.show('waiting');
    setTimeout(resume, 3_000);
    context.announce(problem.message);
  }
}

if (session.token) resume();
else signIn.show();
