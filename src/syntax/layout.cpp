// SPDX-License-Identifier: MIT
#include "syntax/layout.hpp"

#include <algorithm>

namespace reowolf::syntax {

namespace {

using Kind = Doc::Kind;

constexpr std::uint32_t indentation = 4;

// In code points.
std::uint32_t width_of(std::string_view text) {
    return static_cast<std::uint32_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

class Printer {
  public:
    std::string print(const Doc& doc) {
        stack_.push_back({&doc, 0, false});
        while (!stack_.empty()) {
            const Task task = stack_.back();
            stack_.pop_back();
            print(task);
        }
        while (!out_.empty() && out_.back() == '\n') out_.pop_back();
        if (!out_.empty()) out_ += '\n';
        return std::move(out_);
    }

  private:
    struct Task {
        const Doc* doc;
        std::uint32_t indent;
        bool flat;
    };

    void print(const Task& task) {
        const Doc& doc = *task.doc;
        switch (doc.kind) {
            case Kind::text:
                write(doc.text, task.indent);
                break;
            case Kind::space:
                space_ = true;
                break;
            case Kind::line:
                if (task.flat)
                    space_ = true;
                else
                    break_line(1);
                break;
            case Kind::soft_line:
                if (!task.flat) break_line(1);
                break;
            case Kind::fill_line:
                if (task.flat || (!line_is_over_ && fits_next()))
                    space_ = true;
                else
                    break_line(1);
                break;
            case Kind::hard_line:
                break_line(1);
                break;
            case Kind::empty_line:
                break_line(2);
                break;
            case Kind::concat:
                push(doc, task.indent, task.flat);
                break;
            case Kind::indent:
                push(doc, task.indent + indentation, task.flat);
                break;
            case Kind::group:
                push(doc, task.indent, task.flat || (!doc.breaks && fits(doc, task.indent)));
                break;
            case Kind::line_comment:
            case Kind::block_comment:
                comment(doc.comment, task.indent);
                break;
        }
    }

    void push(const Doc& doc, std::uint32_t indent, bool flat) {
        for (std::size_t i = doc.parts.size(); i-- > 0;) {
            stack_.push_back({&doc.parts[i], indent, flat});
        }
    }

    void break_line(std::uint32_t lines) {
        lines_ = std::max(lines_, lines);
        space_ = false;
    }

    bool after_open() const {
        return out_.empty() || out_.back() == '(' || out_.back() == '[' || out_.back() == '{';
    }

    // The line breaks or the space that are due before the next text.
    void catch_up(std::string_view next, std::uint32_t indent) {
        const bool closes = next == ")" || next == "]" || next == "}";
        if (lines_ > 0 && !out_.empty()) {
            const bool empty_line = lines_ > 1 && !after_open() && !closes;
            out_.append(empty_line ? 2 : 1, '\n');
            out_.append(indent, ' ');
            column_ = indent;
        } else if (space_ && column_ > 0 && !out_.empty()) {
            out_ += ' ';
            ++column_;
        } else if (after_comment_ && !closes && next != "," && next != ";") {
            out_ += ' ';
            ++column_;
        }
        lines_ = 0;
        space_ = false;
        after_comment_ = false;
        line_is_over_ = false;
    }

    void write(std::string_view text, std::uint32_t indent) {
        if (text.empty()) return;
        catch_up(text, indent);
        out_ += text;
        column_ += width_of(text);
    }

    void comment(const Comment& comment, std::uint32_t indent) {
        if (comment.own_line && comment.ends_line) break_line(comment.blank_before ? 2 : 1);
        if (lines_ == 0 && (comment.is_line || !after_open())) space_ = true;
        catch_up(comment.text, indent);
        const std::uint32_t begin = column_;
        std::string_view rest = comment.text;
        for (bool first = true; !rest.empty(); first = false) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            std::string_view line = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            while (!line.empty() &&
                   (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) {
                line.remove_suffix(1);
            }
            if (!first) {
                out_ += '\n';
                column_ = 0;
                if (comment.own_line && comment.ends_line) line = moved(line, comment, begin);
            }
            out_ += line;
            column_ += width_of(line);
        }
        if (comment.is_line || (comment.own_line && comment.ends_line)) {
            break_line(1);
        } else {
            after_comment_ = true;
            line_is_over_ = comment.ends_line;
        }
    }

    // A further line of a block comment moves with its first one.
    std::string_view moved(std::string_view line, const Comment& comment, std::uint32_t begin) {
        const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
        if (blanks == line.size() || line[blanks] == '\t') return line;
        const std::size_t wanted = blanks + begin;
        const std::size_t moved = wanted > comment.column ? wanted - comment.column : 0;
        out_.append(moved, ' ');
        column_ = static_cast<std::uint32_t>(moved);
        return line.substr(blanks);
    }

    // A document that is being gone through, up to its part number `next`.
    struct Walk {
        const Doc* doc;
        bool flat;
        std::size_t next = 0;
    };

    // `indent`: where it begins if a line break is due. Where the last line was longer, that
    // counts, as it always has: what is laid out stays as it is.
    bool fits(const Doc& group, std::uint32_t indent) const {
        const std::uint32_t begin =
            lines_ > 0 ? std::max(indent, column_) : column_ + (space_ ? 1 : 0);
        return fits(std::vector<Walk>{{&group, true}}, begin);
    }

    // What follows a line break that could be a space.
    bool fits_next() const { return fits(std::vector<Walk>(), column_ + 1); }

    // Whether that, and what follows it, fits up to the next line break.
    bool fits(std::vector<Walk> walks, std::uint32_t column) const {
        std::size_t rest = stack_.size();
        while (column <= columns_max) {
            while (!walks.empty() && walks.back().next == walks.back().doc->parts.size()) {
                walks.pop_back();
            }
            if (walks.empty() && rest == 0) return true;
            const bool of_rest = walks.empty();
            if (of_rest) --rest;
            const Doc& doc =
                of_rest ? *stack_[rest].doc : walks.back().doc->parts[walks.back().next++];
            const bool flat = of_rest ? stack_[rest].flat : walks.back().flat;
            if (!doc.parts.empty()) {
                walks.push_back({&doc, flat});
            } else if (ends_line(doc, flat)) {
                return column + width_at_end(doc) <= columns_max;
            } else {
                column += width_in_line(doc);
            }
        }
        return false;
    }

    static bool ends_line(const Doc& doc, bool flat) {
        switch (doc.kind) {
            case Kind::line:
            case Kind::soft_line:
            case Kind::fill_line:
                return !flat;
            case Kind::hard_line:
            case Kind::empty_line:
            case Kind::line_comment:
                return true;
            case Kind::block_comment:
                return (doc.comment.own_line && doc.comment.ends_line) ||
                       doc.comment.text.contains('\n');
            default:
                return false;
        }
    }

    // Comments at the end of a line may be longer, others not.
    static std::uint32_t width_at_end(const Doc& doc) {
        if (doc.kind != Kind::block_comment) return 0;
        if (doc.comment.own_line && doc.comment.ends_line) return 0;  // on another line
        return 1 + width_of(doc.comment.text.substr(0, doc.comment.text.find('\n')));
    }

    static std::uint32_t width_in_line(const Doc& doc) {
        if (doc.kind == Kind::text) return width_of(doc.text);
        if (doc.kind == Kind::block_comment) return 1 + width_of(doc.comment.text);
        return doc.kind == Kind::space || doc.kind == Kind::line || doc.kind == Kind::fill_line;
    }

    std::string out_;
    std::vector<Task> stack_;
    std::uint32_t column_ = 0;
    std::uint32_t lines_ = 0;  // line breaks that are due before the next text
    bool space_ = false;
    bool after_comment_ = false;
    // A comment that ended its line has been written: it would be taken to belong to what follows
    // it, if that stood on the same line.
    bool line_is_over_ = false;
};

}  // namespace

std::string print(const Doc& doc) {
    return Printer().print(doc);
}

}  // namespace reowolf::syntax
