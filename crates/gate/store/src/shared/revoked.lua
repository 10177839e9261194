-- The bounds that stand for any of the keys.
local bounds = {}
for number, key in ipairs(KEYS) do
  local stored = redis.call('HMGET', key, 'before', 'ends')
  bounds[number] = stored[2] and tonumber(stored[2]) > now and stored[1]
end
return bounds
