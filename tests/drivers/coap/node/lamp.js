// An LwM2M 1.0 lamp on coap-node: node lamp.js PORT ENDPOINT LIFETIME. Says what happens to it as a line of JSON each, and does what
// standard input says: {"level": 40} by hand, {"failure": true}, {"leave": true}.
'use strict';
const readline = require('readline');
const SmartObject = require('smartobject');
const CoapNode = require('coap-node');

const [port, name, lifetime] = process.argv.slice(2);
const say = (what) => console.log(JSON.stringify(what));
const lamp = { 1: 0, 4: 0, 51: 0, 52: 0 };
const objects = new SmartObject();

// coap-node tells what changed in an instance one by one, each half a second later, and writes the old value back when it does:
// a level that changes before its turn swings for ever. So a change waits here until those before it have been told.
const TURN = 600;
let calm = 0;

function inTurn(change) {
  const at = Math.max(Date.now(), calm);
  calm = at + TURN;
  setTimeout(change, at - Date.now());
}

function shine(level) {
  inTurn(() => objects.write('3416', 0, 3, level, () => say({ level })));
}

function settable(resource) {
  return {
    read: (done) => done(null, lamp[resource]),
    write: (value, done) => {
      lamp[resource] = Number(value);
      inTurn(() => {}); // what is written is told, too
      say({ written: resource, value: Number(value) });
      if (resource === 1) shine(lamp[1]);
      if (resource === 51 && lamp[51] === 0) shine(lamp[4]);
      done(null, value);
    },
  };
}

objects.init('3416', 0, { 1: settable(1), 3: 0, 4: settable(4), 5: false, 51: settable(51), 52: settable(52) });
objects.init('3418', 0, { 1: 230.5, 4: 61.25, 6: 12.5 });
objects.init('3303', 0, { 5700: 31.5, 5701: 'Cel' });
objects.init('lwm2mServer', 0, { shortServerId: 1, lifetime: Number(lifetime), defaultMinPeriod: 0, defaultMaxPeriod: 60 });

const node = new CoapNode(name, objects, { lifetime: Number(lifetime) });
node.on('registered', () => say({ registered: true }));
node.on('error', (error) => say({ error: String(error) }));
node.register('127.0.0.1', Number(port), (error, answer) => say({ answer: answer && answer.status, error: error && String(error) }));

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line);
  if ('level' in order) shine(order.level);
  if ('failure' in order) inTurn(() => objects.write('3416', 0, 5, order.failure, () => say({ failure: order.failure })));
  if (order.leave) node.deregister((error, answer) => say({ left: answer && answer.status }));
});
