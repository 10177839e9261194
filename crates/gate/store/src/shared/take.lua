-- Takes a message away.
local stored = redis.call('HMGET', KEYS[1], 'message', 'ends')
redis.call('DEL', KEYS[1])
return stored[2] and tonumber(stored[2]) > now and stored[1]
