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

/** Yields the coerced value; throws if the value does not fit. */
type Coerce = (value: unknown) => unknown;

/** Thrown for a value that does not fit. Nobody sees its message. */
const doesNotFit = new Error("The value does not fit its type.");

const known = new WeakMap<GraphQLInputType, Coerce>();

/** The function for values of `type`, as they come from JSON. */
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
      return Array.isArray(value) ? value.map((entry) => coerce(entry)) : [coerce(value)];
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

interface InputField {
  readonly type: GraphQLInputType;
  readonly isRequired: boolean;
  /** Made when the field is given first: types may hold themselves. */
  coerce: Coerce | undefined;
}

/** What takes time is in proportion to the fields that are given, not to those of the type. */
function createCoerceObject(type: GraphQLInputObjectType): Coerce {
  const definitions = Object.values(type.getFields());
  const defaults = definitions.filter(({ defaultValue }) => defaultValue !== undefined);
  const fields = new Map<string, InputField>();
  let required = 0;
  for (const definition of definitions) {
    const isRequired = isNonNullType(definition.type) && definition.defaultValue === undefined;
    fields.set(definition.name, { type: definition.type, isRequired, coerce: undefined });
    if (isRequired) required++;
  }

  return (value) => {
    if (value === null) return null;
    if (typeof value !== "object" || Array.isArray(value)) throw doesNotFit;
    const coerced: Record<string, unknown> = {};
    let missing = required;
    for (const name in value) {
      const field = fields.get(name);
      if (!field) throw doesNotFit;
      const given = (value as Record<string, unknown>)[name];
      if (given === undefined) continue;
      if (field.isRequired) missing--;
      field.coerce ??= coerceOf(field.type);
      coerced[name] = field.coerce(given);
    }
    if (missing > 0) throw doesNotFit;
    for (const { name, defaultValue } of defaults) if (!Object.hasOwn(coerced, name)) coerced[name] = defaultValue;
    if (type.isOneOf) expectOne(coerced);
    return coerced;
  };
}

/** https://spec.graphql.org/September2025/#sec-OneOf-Input-Objects */
function expectOne(coerced: Record<string, unknown>): void {
  const [only, ...others] = Object.values(coerced);
  if (only === undefined || only === null || others.length > 0) throw doesNotFit;
}
