import 'server-only';

/** For actions of the admin area. */
export function adminAction<Args extends unknown[], Result>(name: string, handler: (...args: Args) => Promise<Result>) {
  return async (...args: Args): Promise<Result> => {
    const startedAt = performance.now();
    const result = await handler(...args);
    console.info(`[admin] ${name} took ${Math.round(performance.now() - startedAt)} ms`);
    return result;
  };
}
