/** window.lamplighter: what the page believes, read-only, for support and for tests. See README.md. */

/** Hang the hook on `window`; values are read when asked for. */
export function exposeDiagnostics(store, map) {
  const hook = {
    /** True once everything was loaded. */
    get ready() {
      return store.loaded;
    },
    /** 'connecting', 'live' or 'cut'. */
    get connection() {
      return store.connection.state;
    },
    /** Number of lights on the map. */
    get lightsOnMap() {
      return store.city.lights;
    },
    /** Ids of the devices on the map. */
    get devicesOnMap() {
      return [...store.city.ids];
    },
    /** {kind, state, level, colour, x, y} of a device as drawn now, x and y on the page; null when not on the map. */
    drawn: (id) => map.drawn(id),
    /** {state: how many lights are drawn so}, of a zone with everything in it, or of the whole city. */
    states(zone = null) {
      const { city, tree } = store;
      const members = zone === null ? null : city.members(tree.within(zone));
      const sum = {};
      city.ids.forEach((id, place) => {
        if (city.kind[place] !== 0 || (members && !members[place])) return;
        const state = city.state(place);
        sum[state] = (sum[state] ?? 0) + 1;
      });
      return sum;
    },
  };
  Object.defineProperty(window, 'lamplighter', { value: Object.freeze(hook), configurable: true });
}
