/** The list: calendars with who follows them, programs with who names them, templates to begin with. */

import { el, fill } from '../dom.js';
import { language, t } from '../i18n.js';
import { whyNotPlan } from '../permission.js';
import { zoneChoice } from './controls.js';
import { Follow } from './follow.js';

/** Names of at most five, and how many more. */
export function some(names) {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? t('plans.and-more', { names: shown, n: names.length - 5 }) : shown;
}

/** Build the list of what `plans` knows. */
export function planList(plans) {
  const { store } = plans.context;
  const denied = whyNotPlan(store);
  const { programs, calendars, templates } = plans.known;
  const part = (name, items, empty, make) => [
    el('header', { class: 'listhead' }, [el('h3', {}, t(`plans.${name}`)), make]),
    items.length ? el('ul', { class: 'plancards' }, items) : el('p', { class: 'empty' }, empty),
  ];
  const make = (kind) =>
    el(
      'button',
      {
        type: 'button',
        disabled: denied !== null,
        title: denied,
        'data-testid': `new-${kind}`,
        onclick: () => plans.begin(kind),
      },
      t(`plans.new.${kind}`),
    );
  return el('div', { class: 'planlist', 'data-testid': 'plan-list' }, [
    denied ? el('p', { class: 'notice', 'data-testid': 'plans-denied' }, denied) : null,
    ...part('calendars', calendars.map((each) => calendarCard(plans, each)), t('plans.no-calendars'), make('calendars')),
    ...part('programs', programs.map((each) => programCard(plans, each)), t('plans.no-programs'), make('programs')),
    ...part('templates', templates.map((each) => templateCard(plans, each, denied)), t('plans.no-templates'), null),
  ]);
}

function card(plans, kind, item, name, lines) {
  return el('li', { class: 'plancard', 'data-testid': `${kind}-${item.id}` }, [
    el('button', { type: 'button', class: 'link', onclick: () => plans.edit(kind, item.id) }, name),
    el('span', { class: 'muted id' }, item.id),
    lines.filter(Boolean).map((line) => el('p', {}, line)),
    item.unusable ? el('p', { class: 'error' }, item.unusable) : null,
  ]);
}

function calendarCard(plans, item) {
  const { tree } = plans.context.store;
  const zones = item.zones.map((id) => tree.get(id)?.name ?? id);
  const rules = item.rules?.length ?? 0;
  const node = card(plans, 'calendars', item, plans.calendarName(item.id), [
    zones.length ? t('plans.followed-by', { names: some(zones) }) : t('plans.followed-by-none'),
    t('plans.rules', { n: rules, program: plans.programName(item.default) }),
  ]);
  node.append(followLater(plans, item));
  return node;
}

function programCard(plans, item) {
  const names = item.calendars.map((id) => plans.calendarName(id));
  return card(plans, 'programs', item, plans.programName(item.id), [
    item.from_settings ? t('plans.from-settings') : null,
    names.length ? t('plans.named-by', { names: some(names) }) : t('plans.named-by-none'),
    t('plans.steps', { n: item.steps.length }),
  ]);
}

function templateCard(plans, item, denied) {
  const there = plans.known.calendars.find((calendar) => calendar.id === item.calendar.id);
  const error = el('p', { class: 'error', role: 'alert', hidden: true });
  const use = el(
    'button',
    {
      type: 'button',
      disabled: denied !== null || there !== undefined,
      title: denied,
      'data-testid': `use-${item.id}`,
      onclick: async () => {
        use.disabled = true;
        try {
          await plans.install(item);
        } catch (problem) {
          use.disabled = false;
          error.hidden = false;
          fill(error, problem.message);
        }
      },
    },
    t(there ? 'plans.template-there' : 'plans.use'),
  );
  return el('li', { class: 'plancard', 'data-testid': `template-${item.id}` }, [
    el('b', {}, item.names[language()] ?? item.names.en),
    el('p', {}, item.texts[language()] ?? item.texts.en),
    use,
    error,
    plans.fresh === item.calendar.id ? el('p', { class: 'good' }, t('plans.installed')) : null,
    plans.fresh === item.calendar.id && there ? followForm(plans, there) : null,
  ]);
}

/** A fold in which a zone is chosen to follow `calendar`. */
function followLater(plans, calendar) {
  const details = el('details', { class: 'followfold' }, [
    el('summary', { 'data-testid': `follow-${calendar.id}` }, t('follow.offer')),
  ]);
  details.addEventListener('toggle', () => {
    if (details.open && details.childElementCount === 1) details.append(followForm(plans, calendar));
  });
  return details;
}

function followForm(plans, calendar) {
  const { context } = plans;
  const name = plans.calendarName(calendar.id);
  let zone = '';
  const follow = new Follow(
    context,
    () => ({ zone, calendar: calendar.id, name }),
    () => plans.reload(t('follow.done', { zone: context.store.tree.get(zone).name, name })),
  );
  const choose = (id) => {
    zone = id;
    follow.refresh();
  };
  const attributes = { 'aria-label': t('follow.zone'), 'data-testid': 'follow-zone' };
  const zones = zoneChoice(context.store.tree, '', choose, attributes, ['', t('follow.zone')]);
  return el('div', { class: 'followform' }, zones, follow.node);
}
