-- Revokes; the later bound and the later end stand. The numbers are compared as texts of one length would be: `NEVER`
-- has more digits than a number of Lua keeps.
local function later(left, right)
  if not left then
    return right
  end
  if #left ~= #right then
    return #left > #right and left or right
  end
  return left > right and left or right
end
local stored = redis.call('HMGET', KEYS[1], 'before', 'ends')
if stored[2] and tonumber(stored[2]) <= now then
  stored = {false, false}
end
local ends = later(stored[2], ARGV[3])
redis.call('HSET', KEYS[1], 'before', later(stored[1], ARGV[2]), 'ends', ends)
-- What never ends stays; a number of that size is no time to Redis.
if tonumber(ends) - now > 1e14 then
  redis.call('PERSIST', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], math.max(1, tonumber(ends) - now) + 3600000)
end
