'use strict';
// Text of callers reaches the page as text only: nothing here writes HTML.
const byId = (id) => document.getElementById(id);
let token = '';
let timer;

function row(cells) {
  const line = document.createElement('tr');
  for (const cell of cells) {
    const field = document.createElement('td');
    field.textContent = cell ?? '';
    line.append(field);
  }
  return line;
}

function fill(id, rows) {
  byId(id).replaceChildren(...rows.map(row));
}

function notes(status) {
  const unnamed = status['admits-unnamed'] ? 'no section names it: observed' : 'no section names it: denied';
  const all = [...status.unnamed.map((name) => [name, unnamed]), ...status.unbuilt.map((name) => [name, 'the build has no such action'])];
  byId('notes').replaceChildren(...all.map(([name, about]) => {
    const line = document.createElement('li');
    line.textContent = `${name}: ${about}`;
    return line;
  }));
}

const mark = (is) => (is ? 'yes' : '');

function show(status) {
  byId('summary').textContent =
    `${status.requests} requests, ${status.connections} connections, mode ${status.mode}`;
  fill('refusals', status.refusals.map((one) => [one.code, one.enforced, one.observed]));
  notes(status);
  fill('actions', status.actions.map((one) => [
    one.name, one.access, one.role ?? one.permission, one.rate.join(', '), mark(one.schema), mark(one.owns),
    mark(one.replay), mark(one.captcha), mark(one.output),
  ]));
  fill('events', status.events.map((one) => [
    one.at, one.decision, one.gate, one.code, one.what,
  ]));
  document.querySelector('main').hidden = false;
  byId('enter').hidden = true;
}

async function refresh() {
  try {
    const answer = await fetch('/status', { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) {
      clearInterval(timer);
      byId('enter').hidden = false;
      byId('summary').textContent = 'This token is not accepted.';
      return;
    }
    show(await answer.json());
  } catch {
    byId('summary').textContent = 'Guard does not answer.';
  }
}

byId('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  token = byId('token').value;
  byId('token').value = '';
  clearInterval(timer);
  timer = setInterval(refresh, 2000);
  refresh();
});
