-- Gives the key back, if its owner asks.
local claim = redis.call('HMGET', KEYS[1], 'print', 'done')
if claim[1] == ARGV[2] and not claim[2] then
  redis.call('DEL', KEYS[1])
end
