'use server';

import { cookies } from 'next/headers';
import { notFound, redirect } from 'next/navigation';
import { describe } from '../components/describe';

export async function echo(...values) {
  return values.map(describe).join(', ');
}

export async function swallow(...values) {
  return values.length;
}

export async function returnKinds() {
  return { map: new Map([['k', 1]]), when: new Date(86_400_000), big: 2n ** 70n, nothing: undefined, not: NaN };
}

export async function refuse() {
  throw new Error('only the log of the server says this');
}

export async function leave(way) {
  redirect(`/landed?by=${way}`);
}

export async function lose() {
  notFound();
}

export async function note(text) {
  (await cookies()).set('note', text, { path: '/' });
  return `noted ${text}`;
}

export async function guarded() {
  return 'nobody stood in front';
}

export async function noteForm(formData) {
  await note(formData.get('text'));
}

export async function boundForm(who, count, formData) {
  await note(`${who} ${count + 1} ${formData.get('text')}`);
}

export async function leaveForm() {
  redirect('/landed?by=form');
}

export async function refuseForm() {
  throw new Error('only the log of the server says this');
}

export async function guardedForm() {
  await note('nobody stood in front');
}

export async function pressed(which, formData) {
  await note(`pressed ${which} with ${formData.get('text')}`);
}

export async function add(previous, formData) {
  return { total: previous.total + Number(formData.get('number')), said: formData.get('said') };
}

export async function receive(_previous, formData) {
  const files = formData.getAll('files');
  const told = await Promise.all(files.map(async (file) => `${describe(file)} ${sum(await file.arrayBuffer())}`));
  return `${formData.get('title')}: ${told.join('; ')}`;
}

function sum(buffer) {
  return new Uint8Array(buffer).reduce((total, byte) => (total * 31 + byte) % 1_000_003, 7);
}
