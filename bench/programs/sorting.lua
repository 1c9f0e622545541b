-- Indices from 1, as Lua has them; the root's is 1.
return function()
    local count = 300000
    local a, x = {}, 1
    for i = 1, count do
        x = (x * 421 + 1663) % 7875
        a[i] = x
    end
    local start, last = 150001, count
    while last > 1 do
        if start > 1 then
            start = start - 1
        else
            a[last], a[1] = a[1], a[last]
            last = last - 1
        end
        local root, sifts = start, true
        while sifts do
            local child = root * 2
            if child < last and a[child] < a[child + 1] then child = child + 1 end
            if child <= last and a[root] < a[child] then
                a[root], a[child] = a[child], a[root]
                root = child
            else
                sifts = false
            end
        end
    end
    local sum = 0
    for i = 1, count do sum = sum + a[i] * ((i - 1) % 1000) end
    return sum
end
