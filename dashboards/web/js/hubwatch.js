/** Asks the hub how it is, every half minute while somebody is signed in and the page is seen. */

const LOOK = 30_000;

/** The store tells the answer, of GET /about, to who wants to hear 'about'. */
export function watchHub(api, store) {
  const look = async () => {
    if (!store.me || document.hidden) return;
    try {
      store.about = await api.about();
    } catch {
      return; // the banner says that the hub does not answer
    }
    store.emit('about', store.about);
  };
  document.addEventListener('visibilitychange', look);
  setInterval(look, LOOK);
}
