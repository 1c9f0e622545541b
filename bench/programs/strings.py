def run():
    found = 0
    for i in range(300):
        text = ""
        for j in range(500):
            text += "some "
            text += "words"
            text += ", "
        for at in range(len(text)):
            if text[at] == "s":
                found += 1
        for at in range(len(text) - 5):
            if text[at:at + 5] == "words":
                found += 1
    return found
