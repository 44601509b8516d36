/** The key by which a device signs in (CoAP over DTLS): making it, seeing it this once, replacing it, taking it away. */

import { el, fill } from './dom.js';
import { t } from './i18n.js';
import { holds } from './permission.js';

const SHOWN = ['identity', 'key', 'hex', 'server'];

/** {node, show(device)}: the part of a device's panel; null for who may not, or where the device can be given no key. */
export function keyPart({ store, api }, device) {
  if (!holds(store, 'devices') || (device.has_key ?? null) === null) return null;
  let has = device.has_key;
  let told = has; // by the hub
  let asking = null; // 'replace' or 'withdraw', while it waits for a second press
  let busy = false;
  const state = el('p', { 'data-testid': 'key-state' });
  const acts = el('div', { class: 'confirm' });
  const error = el('p', { class: 'error', role: 'alert', 'data-testid': 'key-problem', hidden: true });
  const made = el('div', { class: 'made', role: 'status', 'data-testid': 'key-made' });
  const parts = [el('summary', {}, t('devicekey.title')), state, acts, error, made];
  const node = el('details', { class: 'fold devicekey', 'data-testid': 'device-key' }, parts);

  const button = (name, act, main = false) =>
    el('button', { type: 'button', class: main ? 'primary' : null, 'data-testid': `key-${name}`, onclick: act }, t(`devicekey.${name}`));
  const ask = (what) => {
    asking = what;
    draw();
    acts.querySelector('button')?.focus();
  };
  const act = async (call, after) => {
    if (busy) return;
    busy = true;
    asking = null;
    error.hidden = true;
    try {
      after(await call());
    } catch (problem) {
      error.textContent = problem.message;
      error.hidden = false;
    }
    busy = false;
    const left = document.activeElement === document.body || acts.contains(document.activeElement);
    draw();
    if (left) acts.querySelector('button')?.focus();
  };
  const make = () =>
    act(
      () => api.makeKey(device.id),
      (key) => {
        has = true;
        fill(made, el('p', { class: 'notice' }, t('devicekey.once')), values(key));
      },
    );
  const withdraw = () =>
    act(
      () => api.withdrawKey(device.id),
      () => {
        has = false;
        fill(made);
      },
    );
  const draw = () => {
    state.textContent = t(has ? 'devicekey.has' : 'devicekey.none');
    if (asking) {
      const [sure, yes] = asking === 'replace' ? ['devicekey.replace-sure', make] : ['devicekey.withdraw-sure', withdraw];
      fill(acts, el('span', {}, t(sure)), button('yes', yes, true), button('no', () => ask(null)));
    } else if (has) fill(acts, button('replace', () => ask('replace')), button('withdraw', () => ask('withdraw')));
    else fill(acts, button('make', make, true));
  };
  draw();
  return {
    node,
    /** Somebody else may have made it or taken it away. What was told before says nothing of what was done here since. */
    show({ has_key: now }) {
      if (busy || asking || typeof now !== 'boolean' || now === told) return;
      has = told = now;
      draw();
    },
  };
}

function values(key) {
  const rows = SHOWN.map((name) => {
    const value = el('code', { 'data-testid': `key-shown-${name}` }, key[name]);
    const copied = el('button', { type: 'button', class: 'quiet', 'data-testid': `key-copy-${name}` }, t('devicekey.copy'));
    copied.addEventListener('click', async () => {
      copied.textContent = t((await copy(value)) ? 'devicekey.copied' : 'devicekey.selected');
    });
    return el('div', {}, el('dt', {}, t(`devicekey.of.${name}`)), el('dd', {}, value, copied));
  });
  return el('dl', {}, rows);
}

/** Copy the text of a node, or select it where the browser keeps the clipboard from pages without HTTPS. */
async function copy(node) {
  try {
    await navigator.clipboard.writeText(node.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(node);
    return false;
  }
}
