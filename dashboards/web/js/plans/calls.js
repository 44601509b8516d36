/** Calls about programs and calendars; `kind` is 'programs' or 'calendars'. */

const part = encodeURIComponent;

/** Only over this version; without one, over whatever is there. */
const over = (version) => (version ? { 'If-Match': `"${version}"` } : {});

export class PlanCalls {
  constructor(api) {
    this.api = api;
  }

  /** Everything that the list shows. */
  async known() {
    const [programs, calendars, templates] = await Promise.all(
      ['/programs', '/calendars', '/templates'].map((path) => this.api.all(path)),
    );
    return { programs, calendars, templates };
  }

  calendars() {
    return this.api.all('/calendars');
  }

  add(kind, body) {
    return this.api.json(`/${kind}`, { method: 'POST', body });
  }

  one(kind, id) {
    return this.api.json(`/${kind}/${part(id)}`, { cache: 'no-store' });
  }

  /** Replace `version` of it; 412 changed-meanwhile when another one is there. */
  replace(kind, id, body, version) {
    return this.api.json(`/${kind}/${part(id)}`, { method: 'PUT', body, headers: over(version) });
  }

  remove(kind, id, version) {
    return this.api.json(`/${kind}/${part(id)}`, { method: 'DELETE', headers: over(version) });
  }

  install(template) {
    return this.api.json(`/templates/${part(template)}`, { method: 'POST' });
  }

  /** What a program would do on a date; nothing is stored. */
  programDay(program, zone, date) {
    return this.api.json('/programs/preview', { method: 'POST', body: { program, zone, date } });
  }

  /** What a calendar would do in a year; nothing is stored. */
  calendarYear(calendar, zone, year) {
    return this.api.json('/calendars/preview', { method: 'POST', body: { calendar, zone, year } });
  }

  zoneCalendar(zone) {
    return this.api.json(`/zones/${part(zone)}/calendar`);
  }

  timeline(zone) {
    return this.api.json(`/zones/${part(zone)}/timeline`);
  }

  /** Let a zone follow a calendar; null: that of the zone above. */
  follow(zone, calendar) {
    return this.api.json(`/zones/${part(zone)}/calendar`, { method: 'PUT', body: { calendar } });
  }
}
