-- Runs a program a number of times: prints its result and the least seconds of processor time.
local run = dofile(arg[1])
local best, result
for i = 1, tonumber(arg[2]) do
    local before = os.clock()
    result = run()
    local taken = os.clock() - before
    if not best or taken < best then best = taken end
end
print(string.format("%.0f %.6f", result, best))
