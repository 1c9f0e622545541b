// SPDX-License-Identifier: MIT
// Whether a type has values at all, and whether they have a bounded size. A union that contains
// itself is fine if it can end: the value inside is kept apart. The same rule as in the compiler
// says which fields those are: from which the union can be reached without going through an array.
#include <algorithm>
#include <set>
#include <utility>

#include "check/checker.hpp"

namespace reowolf::check {

bool Checker::require(Term type, Span span) {
    return measure(type, span, 0).has_value();
}

std::optional<Checker::Measure> Checker::measure(Term type, Span span, std::uint32_t depth) {
    type = terms().ground(type);
    const TermKind kind = terms().kind(type);
    if (kind < TermKind::array)
        return Measure{kind == TermKind::string ? 0u : 1u, kind == TermKind::string ? 1u : 0u};
    if (endless_.contains(type)) return std::nullopt;
    if (const auto known = measures_.find(type); known != measures_.end()) return known->second;
    if (terms().contains_invalid(type)) return std::nullopt;
    const auto refuse = [&]() -> std::optional<Measure> {
        // Of what is inside it has been said already that it is too large, or it is too large only
        // together.
        if (endless_.insert(type).second && !std::exchange(too_large_, true)) {
            report<Code::type_too_large>(span, terms().name(type));
        }
        return std::nullopt;
    };
    if (depth > limits_.type_nesting_max || terms().nesting(type) > limits_.type_nesting_max) {
        // Once: what is around it nests too deeply as well.
        if (endless_.empty()) report<Code::type_too_large>(span, terms().name(type));
        endless_.insert(type);
        return std::nullopt;
    }
    const bool is_reference = kind == TermKind::array;
    if (is_reference || is_port(kind)) {
        // Known before its elements are: they may lead back here.
        const Measure own{is_reference ? 0u : 1u, is_reference ? 1u : 0u};
        measures_.emplace(type, own);
        if (!measure(terms().argument(type), span, depth + 1)) return std::nullopt;
        return own;
    }
    std::vector<Term> around;
    if (!has_values(type, around)) {
        report_endless(type, around, span);
        return std::nullopt;
    }
    Measure sum;
    if (kind == TermKind::named && named(type).form == TypeForm::union_of) {
        const auto found = measure_union(type, span, depth);
        if (!found) return refuse();
        sum = *found;
    } else if (kind == TermKind::named && named(type).form == TypeForm::enumeration) {
        sum.words = 1;
    } else {
        const std::vector<Term> fields =
            kind == TermKind::tuple ? terms().arguments(type) : shape(type).fields;
        for (const Term field : fields) {
            const auto part = measure(field, span, depth + 1);
            if (!part) return refuse();
            sum.words += part->words;
            sum.references += part->references;
            if (sum.words + sum.references > limits_.type_slots_max) return refuse();
        }
    }
    measures_.emplace(type, sum);
    return sum;
}

// `around` leads from the type to one that has been reported or, at its end, back into itself.
void Checker::report_endless(Term type, const std::vector<Term>& around, Span span) {
    const bool said =
        std::ranges::any_of(around, [&](Term each) { return endless_.contains(each); });
    endless_.insert(type);
    if (said || around.empty()) return;
    const std::vector<Term> cycle(std::ranges::find(around, around.back()), around.end() - 1);
    if (cycle.empty()) {
        // It grows each time round.
        report<Code::type_too_large>(span, terms().name(type));
        return;
    }
    // The tuples in it are written in structs and unions.
    const Term shown = *std::ranges::find_if(
        cycle, [&](Term each) { return terms().kind(each) == TermKind::named; });
    Diagnostic& text = report<Code::endless_type>(named(shown).span, terms().name(shown));
    for (std::size_t i = 0; i < cycle.size(); ++i) {
        endless_.insert(cycle[i]);
        const Term inside = cycle[(i + 1) % cycle.size()];
        if (const auto where = field_with(cycle[i], inside)) {
            text.note<NoteCode::contained_here>(*where, terms().name(cycle[i]),
                                                terms().name(inside));
        }
    }
}

// The field of a named type that has the other in place, itself or in a tuple.
std::optional<Span> Checker::field_with(Term type, Term inside) {
    if (terms().kind(type) != TermKind::named) return std::nullopt;
    const TypeSource& source = type_sources_[terms().definition(type)];
    const Shape of = shape(type);
    const auto fits = [&](Term field) {
        field = terms().ground(field);
        if (terms().kind(field) != TermKind::tuple) return field == inside;
        return field == inside || reaches(field, inside);
    };
    for (std::size_t i = 0; source.structure && i < of.fields.size(); ++i) {
        if (fits(of.fields[i])) return source.structure->fields[i].type.span;
    }
    for (std::size_t i = 0; source.union_of && i < of.variants.size(); ++i) {
        for (std::size_t j = 0; j < of.variants[i].fields.size(); ++j) {
            if (fits(of.variants[i].fields[j])) {
                return source.union_of->variants[i].fields[j].span;
            }
        }
    }
    return std::nullopt;
}

std::optional<Checker::Measure> Checker::measure_union(Term type, Span span, std::uint32_t depth) {
    Measure most;
    std::vector<Term> boxed;
    const Shape of = shape(type);
    for (const VariantShape& variant : of.variants) {
        Measure sum;
        for (const Term field : variant.fields) {
            if (reaches(field, type)) {
                boxed.push_back(field);
                ++sum.references;
                continue;
            }
            const auto part = measure(field, span, depth + 1);
            if (!part) return std::nullopt;
            sum.words += part->words;
            sum.references += part->references;
        }
        most.words = std::max(most.words, sum.words);
        most.references = std::max(most.references, sum.references);
    }
    if (most.words + most.references + 1 > limits_.type_slots_max) return std::nullopt;
    ++most.words;
    measures_.emplace(type, most);
    for (const Term field : boxed) {
        if (!measure(field, span, depth + 1)) return std::nullopt;
    }
    return most;
}

// Whether a value can be built that is finite. What is `around` is being asked already; at the end
// of a type that has none it holds a way round.
bool Checker::has_values(Term type, std::vector<Term>& around) {
    type = terms().ground(type);
    const TermKind kind = terms().kind(type);
    if (kind != TermKind::tuple && kind != TermKind::named) return true;
    if (measures_.contains(type) || with_values_.contains(type)) return true;
    if (endless_.contains(type) || std::ranges::find(around, type) != around.end()) {
        around.push_back(type);
        return false;
    }
    if (around.size() > limits_.type_nesting_max ||
        terms().nesting(type) > limits_.type_nesting_max) {
        return false;
    }
    around.push_back(type);
    const auto all = [&](const std::vector<Term>& fields) {
        return std::all_of(fields.begin(), fields.end(),
                           [&](Term field) { return has_values(field, around); });
    };
    bool has = true;
    if (kind == TermKind::tuple) {
        has = all(terms().arguments(type));
    } else if (named(type).form == TypeForm::structure) {
        const std::vector<Term> fields = shape(type).fields;
        has = all(fields);
    } else if (named(type).form == TypeForm::union_of) {
        const Shape of = shape(type);
        // Of one without variants it has been said that it has no values.
        if (of.variants.empty()) return around.pop_back(), true;
        const std::size_t depth = around.size();
        // Those with fewer fields first: they are likelier to end.
        std::vector<const VariantShape*> variants;
        for (const VariantShape& variant : of.variants) variants.push_back(&variant);
        std::sort(variants.begin(), variants.end(), [](const auto* a, const auto* b) {
            const std::size_t one = a->fields.size();
            const std::size_t other = b->fields.size();
            return one != other ? one < other : a < b;
        });
        has = std::any_of(variants.begin(), variants.end(), [&](const VariantShape* variant) {
            if (all(variant->fields)) return true;
            if (variant != variants.back()) around.resize(depth);
            return false;
        });
    }
    if (has) {
        around.pop_back();
        with_values_.insert(type);
    }
    return has;
}

// Asks of the type and of all that its values are made of, until one of them is it.
template <typename Is>
bool Checker::any_part(Term from, bool in_arrays, Is is) {
    std::vector<Term> waiting{terms().ground(from)};
    std::set<Term> seen;
    while (!waiting.empty()) {
        const Term type = waiting.back();
        waiting.pop_back();
        if (is(type)) return true;
        // A type that grows each time round is refused where it is measured.
        if (terms().nesting(type) > limits_.type_nesting_max) continue;
        if (!seen.insert(type).second) continue;
        const auto add = [&](const std::vector<Term>& fields) {
            for (const Term field : fields) waiting.push_back(terms().ground(field));
        };
        const TermKind kind = terms().kind(type);
        if (kind == TermKind::tuple || (in_arrays && kind == TermKind::array)) {
            add(terms().arguments(type));
        }
        if (kind != TermKind::named) continue;
        const Shape& of = shape(type);
        add(of.fields);
        for (const VariantShape& variant : of.variants) add(variant.fields);
    }
    return false;
}

bool Checker::reaches(Term from, Term to) {
    return any_part(from, false, [&](Term part) { return part == to; });
}

bool Checker::holds_port(Term type) {
    return any_part(type, true, [&](Term part) { return is_port(terms().kind(part)); });
}

bool Checker::may_hold(Term type, Term port) {
    port = terms().ground(port);
    const auto [known, added] = may_hold_.try_emplace({terms().ground(type), port}, true);
    if (!added) return known->second;
    const bool settled = terms().is_settled(port);
    return known->second = any_part(type, true, [&](Term part) {
               const TermKind kind = terms().kind(part);
               if (is_open(kind) || kind == TermKind::invalid || part == port) return true;
               return kind == terms().kind(port) && !(settled && terms().is_settled(part));
           });
}

}  // namespace reowolf::check
