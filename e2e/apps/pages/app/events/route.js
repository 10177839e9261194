import { released } from '../../components/latch';

export const dynamic = 'force-dynamic';

/** Server-sent events: one at once, one when it is released. */
export async function GET(request) {
  const key = new URL(request.url).searchParams.get('key');
  const encoder = new TextEncoder();
  const stream = new ReadableStream({
    async start(controller) {
      controller.enqueue(encoder.encode('data: first\n\n'));
      await released(key);
      controller.enqueue(encoder.encode('data: second\n\n'));
      controller.close();
    },
  });
  return new Response(stream, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
}
