import { databaseUrl } from '@/lib/db';
import { setupDatabase } from '@/lib/setup';

const seeded = await setupDatabase();
console.log(`${databaseUrl}: schema ready, ${seeded ? 'seed data added' : 'data already present'}`);
