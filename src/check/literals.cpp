// SPDX-License-Identifier: MIT
// Literals of a program's type, as on a command line: the type is known, and says what each part
// of the literal has to be.
#include "check/checker.hpp"

namespace reowolf::check {

using program::TypeKind;

// Named types get the numbers that they have in the program.
void Checker::adopt_types(const program::Program& program) {
    for (const program::Type& each : program.types) {
        terms().define(each.name);
        TypeForm form = TypeForm::structure;
        if (each.kind == TypeKind::enumeration) form = TypeForm::enumeration;
        if (each.kind == TypeKind::union_of) form = TypeForm::union_of;
        module_.types.push_back({each.name, {}, form, 0, {}});
        type_sources_.emplace_back();
    }
    const auto stored = [&](const program::Field& field) {
        return program_type(program, field.boxed ? program.types[field.type].element : field.type);
    };
    for (program::TypeId id = 0; id < program.types.size(); ++id) {
        Shape shape;
        for (const program::Field& field : program.types[id].fields) {
            shape.names.push_back(field.name);
            shape.fields.push_back(stored(field));
        }
        for (const program::Variant& variant : program.types[id].variants) {
            VariantShape next{variant.name, variant.value, {}};
            for (const program::Field& field : variant.fields) next.fields.push_back(stored(field));
            shape.variants.push_back(std::move(next));
        }
        module_.types[id].shapes.emplace(std::vector<Term>{}, std::move(shape));
    }
}

Term Checker::program_type(const program::Program& program, program::TypeId of) {
    const program::Type& type = program.types[of];
    switch (type.kind) {
        case TypeKind::boolean:
            return terms().plain(TermKind::boolean);
        case TypeKind::character:
            return terms().plain(TermKind::character);
        case TypeKind::string:
            return terms().plain(TermKind::string);
        case TypeKind::array:
            return terms().array(program_type(program, type.element));
        case TypeKind::in_port:
            return terms().port(TermKind::in_port, program_type(program, type.element));
        case TypeKind::out_port:
            return terms().port(TermKind::out_port, program_type(program, type.element));
        case TypeKind::tuple: {
            std::vector<Term> fields;
            for (const program::Field& field : type.fields) {
                fields.push_back(program_type(program, field.type));
            }
            return terms().tuple(std::move(fields));
        }
        case TypeKind::structure:
        case TypeKind::enumeration:
        case TypeKind::union_of:
            return terms().named(of, {});
        default:
            return static_cast<Term>(static_cast<int>(TermKind::u8) + static_cast<int>(type.kind) -
                                     static_cast<int>(TypeKind::u8));
    }
}

ExpressionPtr Checker::literal_of(const tree::Expression& of, Term type) {
    const TermKind kind = terms().kind(type);
    const auto* tuple = std::get_if<tree::TupleLiteral>(&of.node);
    if (tuple && kind == TermKind::tuple &&
        tuple->elements.size() == terms().arguments(type).size()) {
        Tuple made;
        for (std::size_t i = 0; i < tuple->elements.size(); ++i) {
            made.elements.push_back(literal_of(*tuple->elements[i], terms().arguments(type)[i]));
        }
        return make(of.span, type, std::move(made));
    }
    const auto* array = std::get_if<tree::ArrayLiteral>(&of.node);
    if (array && kind == TermKind::array) {
        Array made;
        for (const auto& each : array->elements) {
            made.elements.push_back(literal_of(*each, terms().argument(type)));
        }
        return make(of.span, type, std::move(made));
    }
    if (kind == TermKind::named) {
        const auto* structure = std::get_if<tree::StructLiteral>(&of.node);
        if (structure && structure->path.size() == 1 &&
            structure->path[0].name.text == named(type).name) {
            return literal_structure(*structure, type, of.span);
        }
        const auto* scoped = std::get_if<tree::Scoped>(&of.node);
        if (scoped && scoped->path.size() == 2 && scoped->path[0].name.text == named(type).name) {
            return literal_variant(*scoped, type, of.span);
        }
    }
    ExpressionPtr found = value(of);
    expect(*found, type);
    return found;
}

ExpressionPtr Checker::literal_structure(const tree::StructLiteral& of, Term type, Span span) {
    Construct made;
    std::vector<bool> given(shape(type).fields.size());
    for (const tree::FieldValue& each : of.fields) {
        const auto field = find_field(type, each.name);
        if (!field) return invalid(span);
        if (given[field->first]) {
            report<Code::repeated_field_value>(each.name.span, each.name.text);
            return invalid(span);
        }
        given[field->first] = true;
        made.fields.push_back(field->first);
        made.values.push_back(literal_of(*each.value, field->second));
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (given[i]) continue;
        report<Code::missing_fields>(span, named(type).name, "'" + shape(type).names[i] + "'");
        return invalid(span);
    }
    return make(span, type, std::move(made));
}

ExpressionPtr Checker::literal_variant(const tree::Scoped& of, Term type, Span span) {
    const auto number = find_variant(type, of.path[1].name);
    if (!number) return invalid(span);
    const VariantShape variant = shape(type).variants[*number];
    if (of.arguments.size() != variant.fields.size()) {
        report<Code::argument_count>(span, named(type).name + "::" + variant.name,
                                     variant.fields.size(), variant.fields.size() == 1 ? "" : "s",
                                     of.arguments.size());
        return invalid(span);
    }
    if (named(type).form == TypeForm::enumeration) {
        return make(span, type, Number{variant.value});
    }
    Construct made{number, {}, {}};
    for (std::size_t i = 0; i < variant.fields.size(); ++i) {
        made.fields.push_back(static_cast<std::uint32_t>(i));
        made.values.push_back(literal_of(*of.arguments[i], variant.fields[i]));
    }
    return make(span, type, std::move(made));
}

std::optional<Module> Checker::literal(const tree::Expression& of, const program::Program& program,
                                       program::TypeId wanted) {
    adopt_types(program);
    Routine function;
    function.name = "literal";
    function.span = of.span;
    function.end = of.span;
    function.result = program_type(program, wanted);
    module_.routines.push_back(std::move(function));
    routine_sources_.emplace_back();
    begin_routine(0);
    ExpressionPtr found = literal_of(of, *routine().result);
    auto statement = std::make_unique<Statement>();
    statement->span = of.span;
    statement->node = Return{std::move(found)};
    routine().body.statements.push_back(std::move(statement));
    end_routine();
    if (diagnostics_.has_errors()) return std::nullopt;
    return std::move(module_);
}

std::optional<Module> check_literal(const tree::Expression& literal,
                                    const program::Program& program, program::TypeId type,
                                    diagnostics::Diagnostics& diagnostics) {
    const tree::Module nothing;
    return Checker(Modules{{&nothing}, {}}, diagnostics, {}).literal(literal, program, type);
}

}  // namespace reowolf::check
