import { release } from '../../components/latch';

export const dynamic = 'force-dynamic';

export async function GET(request) {
  release(new URL(request.url).searchParams.get('key'));
  return new Response('released');
}
