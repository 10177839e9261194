// Runs once when the server starts: the first start creates and seeds the database.
export async function register() {
  if (process.env.NEXT_RUNTIME === 'nodejs') {
    const { setupDatabase } = await import('./lib/setup');
    await setupDatabase();
  }
}
