// SPDX-License-Identifier: MIT
#include "program/shape.hpp"

#include <algorithm>
#include <vector>

namespace reowolf::program {
namespace {

class Shaper {
  public:
    explicit Shaper(const Program& program) : program_(program) {}

    std::string of(TypeId id) {
        const Type& type = program_.types[id];
        switch (type.kind) {
            case TypeKind::array:
                return of(type.element) + "[]";
            case TypeKind::in_port:
                return "in<" + of(type.element) + ">";
            case TypeKind::out_port:
                return "out<" + of(type.element) + ">";
            case TypeKind::enumeration:
                return "enum";
            case TypeKind::tuple:
            case TypeKind::structure:
            case TypeKind::union_of:
                return aggregate(id, type);
            default:
                return std::string(program::name(type.kind));
        }
    }

  private:
    std::string aggregate(TypeId id, const Type& type) {
        if (std::ranges::find(around_, id) != around_.end()) return type.name;
        around_.push_back(id);
        std::string shape;
        if (type.kind == TypeKind::union_of) {
            for (const program::Variant& variant : type.variants) {
                shape += (shape.empty() ? "" : " | ") + fields(variant.fields);
            }
            shape = "{" + shape + "}";
        } else {
            shape = fields(type.fields);
        }
        around_.pop_back();
        return shape;
    }

    std::string fields(const std::vector<Field>& all) {
        std::string shape;
        for (const Field& field : all) {
            // What is boxed lies in an array of its own, which nobody else has to know.
            const TypeId type = field.boxed ? program_.types[field.type].element : field.type;
            shape += (shape.empty() ? "" : ", ") + of(type);
        }
        return "(" + shape + ")";
    }

    const Program& program_;
    std::vector<TypeId> around_;
};

}  // namespace

std::string shape(const Program& program, TypeId type) {
    return Shaper(program).of(type);
}

}  // namespace reowolf::program
