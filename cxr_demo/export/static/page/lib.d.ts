// What the page takes of packages, which an export puts beside it.
declare module "*/lib/fluent/index.js" {
  export class FluentResource {
    constructor(source: string);
  }
  export class FluentNumber {
    constructor(value: number, options?: Intl.NumberFormatOptions);
  }
  export class FluentBundle {
    constructor(locales: string, options?: { useIsolating?: boolean });
    addResource(resource: FluentResource): Error[];
    getMessage(id: string): { value: object | null; attributes: Record<string, object> } | undefined;
    formatPattern(pattern: object, values: Record<string, string | FluentNumber>, errors: Error[]): string;
  }
}
