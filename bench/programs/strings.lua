-- Pieces are collected and joined, as Lua wants it.
return function()
    local found = 0
    for i = 1, 300 do
        local pieces = {}
        for j = 1, 500 do
            pieces[#pieces + 1] = "some "
            pieces[#pieces + 1] = "words"
            pieces[#pieces + 1] = ", "
        end
        local text = table.concat(pieces)
        for at = 1, #text do
            if text:byte(at) == 115 then found = found + 1 end
        end
        for at = 1, #text - 5 do
            if text:sub(at, at + 4) == "words" then found = found + 1 end
        end
    end
    return found
end
