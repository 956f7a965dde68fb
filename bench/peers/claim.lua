-- The claim script: looks for an earlier claim, draws the share (double mean), takes it, credits the
-- wallet.  One call serves one claim or several, each by its two keys and two arguments.
--
--   KEYS  packet, wallet, packet, wallet, ...     p:<id>, a hash: n shares left, r fen left, and
--                                                 a field a claimer with what was won
--   ARGV  user, chance, user, chance, ...         chance: a random number of 31 bits
--
-- Returns for each claim the fen won; 0: sold out; below 0: what the user won earlier, negated.
local call = redis.call
local answers = {}
for i = 1, #KEYS, 2 do
  local packet, user = KEYS[i], ARGV[i]
  local state = call('HMGET', packet, 'n', 'r', user)
  local left, remaining, earlier = tonumber(state[1]), tonumber(state[2]), state[3]
  local amount = 0
  if earlier then
    amount = -earlier
  elseif left > 0 then
    amount = remaining
    if left > 1 then
      amount = 1 + ARGV[i + 1] % (math.floor(2 * remaining / left) - 1)
    end
    call('HSET', packet, 'n', left - 1, 'r', remaining - amount, user, amount)
    call('INCRBY', KEYS[i + 1], amount)
  end
  answers[#answers + 1] = amount
end
return answers
