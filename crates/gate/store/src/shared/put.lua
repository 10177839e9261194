-- Keeps a message.
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'message', ARGV[2], 'ends', ARGV[3])
forget(KEYS[1], tonumber(ARGV[3]))
