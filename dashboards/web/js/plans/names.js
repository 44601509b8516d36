/** How programs and calendars are called: by their name; a template's that nobody renamed in the page's language. */

import { language, t } from '../i18n.js';

/** The name of the calendar `id`, of what the hub `known` {programs, calendars, templates}. */
export function calendarName(known, id) {
  const own = known.calendars.find((calendar) => calendar.id === id)?.name;
  const names = known.templates.find((template) => template.calendar.id === id)?.names;
  return own ?? names?.[language()] ?? names?.en ?? id;
}

/** The name of the program `id`; that of the settings has none of its own, those of templates have one in each language. */
export function programName(known, id) {
  const found = known.programs.find((program) => program.id === id);
  if (found?.from_settings) return t('plans.usual');
  const names = known.templates.find((template) => template.program_names[id])?.program_names[id];
  return names && found?.name === names.en ? names[language()] : (found?.name ?? id);
}
