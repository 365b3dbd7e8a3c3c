// What a header of the Accept family asks for. Knows no GraphQL. https://www.rfc-editor.org/rfc/rfc9110#section-12.5
// Weights say only what is refused (0), not what is preferred: no client of a GraphQL server relies on them.

/** One element of such a header. */
interface Range {
  /** In lower case, without parameters. */
  name: string;
  isRefused: boolean;
}

/** The names that the header accepts, as it orders them, in lower case; those of the weight 0, and of charsets other than UTF-8, left out. */
export function readAccepted(header: string | null | undefined): string[] {
  return readRanges(header).flatMap(({ name, isRefused }) => (isRefused ? [] : [name]));
}

/** Whether a client with this Accept header takes `type`: by the range that fits it closest. None or an empty one takes all. */
export function accepts(header: string | null | undefined, type: string): boolean {
  if (!header?.trim()) return true;
  const ranges = readRanges(header);
  const fits = [type, type.replace(/\/.*/, "/*"), "*/*"].map((name) => ranges.find((range) => range.name === name));
  return fits.find((range) => range !== undefined)?.isRefused === false;
}

/** Takes charsets as narrowly as Yoga does, which would otherwise find out after the operation that nothing fits. */
function readRanges(header: string | null | undefined): Range[] {
  return (header ?? "").split(",").map((element) => {
    const [name = "", ...parameters] = element.replace(/\s/g, "").toLowerCase().split(";");
    const isRefused = parameters.some(
      (parameter) =>
        /^q=0(?:\.0*)?$/.test(parameter) || (parameter.includes("charset=") && parameter !== "charset=utf-8"),
    );
    return { name, isRefused };
  });
}
