local function run()
    local x, sum = 42, 0
    for i = 0, 20000000 - 1 do
        x = (x * 1103 + 12345) % 65537
        sum = sum + x
    end
    return sum
end
return run
