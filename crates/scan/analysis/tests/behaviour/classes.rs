//! Guards in classes and objects: methods, getters, inheritance, singletons.

use crate::support::check;

#[test]
fn classes_and_objects() {
    check(
        r"
=== proven: method
import { Guard } from '@/lib/guard';
const guard = new Guard();
await guard.check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { async check() { const s = await auth(); if (!s) throw new Error('no'); return s; } }
=== absent: method that is not called
import { Guard } from '@/lib/guard';
const guard = new Guard();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { async check() { const s = await auth(); if (!s) throw new Error('no'); return s; } }
=== proven: static method
import { Guard } from '@/lib/guard';
await Guard.check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { static async check() { const s = await auth(); if (!s) throw new Error('no'); } }
=== proven: static method over this
import { Guard } from '@/lib/guard';
await Guard.check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { static async user() { return (await auth())?.user; } static async check() { if (!(await this.user())) throw new Error('no'); } }
=== proven: private method
import { Guard } from '@/lib/guard';
await new Guard().check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { async #user() { return (await auth())?.user; } async check() { if (!(await this.#user())) throw new Error('no'); } }
=== proven: arrow property
import { Guard } from '@/lib/guard';
await new Guard().check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard { check = async () => { if (!(await auth())) throw new Error('no'); }; }
=== proven: singleton
import { guard } from '@/lib/guard';
await guard.check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
class Guard { async check() { if (!(await auth())) throw new Error('no'); } }
export const guard = new Guard();
=== proven: singleton by getInstance
import { Guard } from '@/lib/guard';
await Guard.getInstance().check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export class Guard {
  private static instance: Guard;
  static getInstance() { if (!Guard.instance) Guard.instance = new Guard(); return Guard.instance; }
  async check() { if (!(await auth())) throw new Error('no'); }
}
=== proven: state in the constructor
import { Guard } from '@/lib/guard';
const guard = new Guard(await auth());
guard.check();
await remove(input);
--- lib/guard.ts
export class Guard { constructor(private readonly session: any) {} check() { if (!this.session) throw new Error('no'); } }
=== absent: state in the constructor that is not looked at
import { Guard } from '@/lib/guard';
const guard = new Guard(await auth());
guard.check();
await remove(input);
--- lib/guard.ts
export class Guard { constructor(private readonly session: any) {} check() { return this.session; } }
=== proven: a constructor that throws
import { Guard } from '@/lib/guard';
new Guard(await auth());
await remove(input);
--- lib/guard.ts
export class Guard { constructor(session: any) { if (!session) throw new Error('no'); } }
=== proven: getter
import { Current } from '@/lib/current';
const current = new Current(await auth());
if (!current.isSignedIn) return;
await remove(input);
--- lib/current.ts
export class Current { #session: any; constructor(session: any) { this.#session = session; } get isSignedIn() { return this.#session !== null; } }
=== absent: getter that lies
import { Current } from '@/lib/current';
const current = new Current(await auth());
if (!current.isSignedIn) return;
await remove(input);
--- lib/current.ts
export class Current { #session: any; constructor(session: any) { this.#session = session; } get isSignedIn() { return true; } }
=== absent: the method instead of the getter
import { Current } from '@/lib/current';
const current = new Current(await auth());
if (!current.isSignedIn) return;
await remove(input);
--- lib/current.ts
export class Current { #session: any; constructor(session: any) { this.#session = session; } isSignedIn() { return this.#session !== null; } }
=== proven: inherited
import { Posts } from '@/lib/posts-service';
await new Posts().remove(input);
--- lib/posts-service.ts
import { auth } from '@/auth';
import { db } from './db';
class Service { protected async user() { const s = await auth(); if (!s) throw new Error('no'); return s.user; } }
export class Posts extends Service { async remove(id: string) { await this.user(); await db.post.delete({ where: { id } }); } }
=== absent: overridden
import { Posts } from '@/lib/posts-service';
await new Posts().remove(input);
--- lib/posts-service.ts
import { auth } from '@/auth';
import { db } from './db';
class Service { protected async user() { const s = await auth(); if (!s) throw new Error('no'); return s.user; } }
export class Posts extends Service { protected async user() { return { id: 'x' }; } async remove(id: string) { await this.user(); await db.post.delete({ where: { id } }); } }
=== proven: super method
import { Posts } from '@/lib/posts-service';
await new Posts().remove(input);
--- lib/posts-service.ts
import { auth } from '@/auth';
import { db } from './db';
class Service { async remove(id: string) { if (!(await auth())) throw new Error('no'); } }
export class Posts extends Service { async remove(id: string) { await super.remove(id); await db.post.delete({ where: { id } }); } }
=== absent: super method that is not waited for
import { Posts } from '@/lib/posts-service';
await new Posts().remove(input);
--- lib/posts-service.ts
import { auth } from '@/auth';
import { db } from './db';
class Service { async remove(id: string) { if (!(await auth())) throw new Error('no'); } }
export class Posts extends Service { async remove(id: string) { super.remove(id); await db.post.delete({ where: { id } }); } }
=== proven: super constructor
import { Posts } from '@/lib/posts-service';
await new Posts(await auth()).remove(input);
--- lib/posts-service.ts
import { db } from './db';
class Service { constructor(protected session: any) { if (!session) throw new Error('no'); } }
export class Posts extends Service { async remove(id: string) { await db.post.delete({ where: { id } }); } }
=== proven: abstract template method
import { Delete } from '@/lib/command';
await new Delete().run(input);
--- lib/command.ts
import { auth } from '@/auth';
import { db } from './db';
abstract class Command { abstract execute(id: string): Promise<void>; async run(id: string) { if (!(await auth())) return; await this.execute(id); } }
export class Delete extends Command { async execute(id: string) { await db.post.delete({ where: { id } }); } }
=== absent: around the template method
import { Delete } from '@/lib/command';
await new Delete().execute(input);
--- lib/command.ts
import { auth } from '@/auth';
import { db } from './db';
abstract class Command { abstract execute(id: string): Promise<void>; async run(id: string) { if (!(await auth())) return; await this.execute(id); } }
export class Delete extends Command { async execute(id: string) { await db.post.delete({ where: { id } }); } }
=== proven: object of functions
import { guards } from '@/lib/guard';
await guards.user();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export const guards = { async user() { if (!(await auth())) throw new Error('no'); } };
=== proven: this in an object
import { guards } from '@/lib/guard';
await guards.check();
await remove(input);
--- lib/guard.ts
import { auth } from '@/auth';
export const guards = { async user() { return (await auth())?.user; }, async check() { if (!(await this.user())) throw new Error('no'); } };
=== proven: a factory of services
import { posts } from '@/lib/service';
await posts(await auth()).remove(input);
--- lib/service.ts
import { db } from './db';
export function posts(session: any) {
  const check = () => { if (!session) throw new Error('no'); };
  return { async remove(id: string) { check(); await db.post.delete({ where: { id } }); } };
}
",
    );
}
