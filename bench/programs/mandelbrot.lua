return function()
    local inside = 0
    for row = 0, 299 do
        local ci = row / 150.0 - 1.0
        for column = 0, 299 do
            local cr = column / 150.0 - 1.5
            local zr, zi, step = 0.0, 0.0, 0
            while step < 100 and zr * zr + zi * zi <= 4.0 do
                local following = zr * zr - zi * zi + cr
                zi = 2.0 * zr * zi + ci
                zr = following
                step = step + 1
            end
            if step == 100 then inside = inside + 1 end
        end
    end
    return inside
end
