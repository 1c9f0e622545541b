local function primes(limit)
    local crossed = {}
    for n = 1, limit do crossed[n] = false end
    local count = 0
    for n = 2, limit - 1 do
        if not crossed[n] then
            count = count + 1
            for multiple = n + n, limit - 1, n do crossed[multiple] = true end
        end
    end
    return count
end
return function()
    local count = 0
    for i = 1, 10 do count = count + primes(500000) end
    return count
end
