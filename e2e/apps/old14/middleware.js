import { NextResponse } from 'next/server';

/** Nobody is a member. */
export function middleware(request) {
  return NextResponse.redirect(new URL('/', request.url));
}

export const config = { matcher: '/private' };
