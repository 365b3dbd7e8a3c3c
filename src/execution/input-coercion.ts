// Coerces variables that fit their types, by one function for each type, made once. It does not explain why a value does not
// fit: graphql-js' coerceInputValue does, which visits every field of a type whether it was given or not.
// https://spec.graphql.org/September2025/#sec-Coercing-Variable-Values
import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isEnumType,
  isListType,
  isNonNullType,
  isScalarType,
} from "graphql";

/** Yields the coerced value; throws if the value does not fit, or is not a simple case. */
type Coerce = (value: unknown) => unknown;

/** Thrown for a value that does not fit. Nobody sees its message. */
const doesNotFit = new Error("The value does not fit its type.");

const known = new WeakMap<GraphQLInputType, Coerce>();

/** The function for values of `type`. Types may hold themselves: what is inside is looked up when it is needed. */
export function coerceOf(type: GraphQLInputType): Coerce {
  let coerce = known.get(type);
  if (!coerce) {
    coerce = createCoerce(type);
    known.set(type, coerce);
  }
  return coerce;
}

function createCoerce(type: GraphQLInputType): Coerce {
  if (isNonNullType(type)) {
    const coerce = coerceOf(type.ofType);
    return (value) => {
      if (value === null) throw doesNotFit;
      return coerce(value);
    };
  }
  if (isListType(type)) {
    const coerce = coerceOf(type.ofType);
    return (value) => {
      if (value === null) return null;
      if (!Array.isArray(value)) throw doesNotFit;
      return value.map((entry) => coerce(entry));
    };
  }
  if (isEnumType(type)) {
    // Not parseValue, which looks for names like a wrong one, however long that is.
    return (value) => {
      if (value === null) return null;
      const known = typeof value === "string" ? type.getValue(value) : undefined;
      if (!known) throw doesNotFit;
      return known.value;
    };
  }
  if (isScalarType(type)) {
    return (value) => {
      const parsed = value === null ? null : type.parseValue(value);
      if (parsed === undefined) throw doesNotFit;
      return parsed;
    };
  }
  return createCoerceObject(type);
}

function createCoerceObject(type: GraphQLInputObjectType): Coerce {
  const fields = type.getFields();
  const types = new Map(Object.values(fields).map((field) => [field.name, field.type]));
  const defaults = Object.values(fields).filter(({ defaultValue }) => defaultValue !== undefined);
  const required = Object.values(fields).filter((field) => isNonNullType(field.type) && !defaults.includes(field));
  return (value) => {
    if (value === null) return null;
    if (typeof value !== "object" || Array.isArray(value)) throw doesNotFit;
    const coerced: Record<string, unknown> = {};
    for (const [name, given] of Object.entries(value as object)) {
      const fieldType = types.get(name);
      if (!fieldType || given === undefined) throw doesNotFit;
      coerced[name] = coerceOf(fieldType)(given);
    }
    for (const { name } of required) if (!(name in coerced)) throw doesNotFit;
    for (const { name, defaultValue } of defaults) if (!(name in coerced)) coerced[name] = defaultValue;
    if (type.isOneOf) {
      const [only, ...others] = Object.values(coerced);
      if (only === undefined || only === null || others.length > 0) throw doesNotFit;
    }
    return coerced;
  };
}
