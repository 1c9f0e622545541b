local function filled(size, seed)
    local rows, x = {}, seed
    for i = 1, size do
        local row = {}
        for j = 1, size do
            x = (x * 421 + 1663) % 7875
            row[j] = x
        end
        rows[i] = row
    end
    return rows
end
return function()
    local size = 200
    local a, b, c = filled(size, 1), filled(size, 2), filled(size, 0)
    for i = 1, size do
        for j = 1, size do
            local sum = 0
            for k = 1, size do sum = sum + a[i][k] * b[k][j] end
            c[i][j] = sum
        end
    end
    local trace = 0
    for i = 1, size do trace = trace + c[i][i] end
    return trace
end
