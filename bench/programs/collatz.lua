local source = [[
    local longest = 0
    for start = 1, 300000 - 1 do
        local n, steps = start, 0
        while n ~= 1 do
            if n % 2 == 0 then n = HALF else n = 3 * n + 1 end
            steps = steps + 1
        end
        if steps > longest then longest = steps end
    end
    return longest
]]
-- LuaJIT has no integer division, and needs none: its numbers are exact when they are halved.
return assert((loadstring or load)((source:gsub("HALF", jit and "n / 2" or "n // 2"))))
