-- Stores the result of the call that owns the key.
local claim = redis.call('HMGET', KEYS[1], 'print', 'ends', 'done')
local is_free = not claim[1] or tonumber(claim[2]) <= now
if is_free or (claim[1] == ARGV[2] and not claim[3]) then
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'print', ARGV[2], 'ends', ARGV[3], 'done', ARGV[4])
  forget(KEYS[1], tonumber(ARGV[3]))
end
