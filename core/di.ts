/** The one door to tsyringe: everything else sees tokens and scopes. */
import 'reflect-metadata' // before tsyringe, or its import throws
import { container, type DependencyContainer, inject, injectable } from 'tsyringe'

export { inject, injectable }

/** Names a dependency. The compiler remembers `T`; at run time it is a symbol. */
export type Token<T> = symbol & { readonly __type?: T }

/** Makes a token; `name` is what errors call it. */
export const token = <T>(name: string): Token<T> => Symbol(name)

/** A class whose constructor parameters all carry an explicit `@inject(TOKEN)`. */
// biome-ignore lint/suspicious/noExplicitAny: constructor parameters are resolved by token, not by type
export type Injectable<T> = new (...dependencies: any[]) => T

/** The tokens of a constructor's parameters, in their order. */
type TokensOf<P extends readonly unknown[]> = { readonly [I in keyof P]: Token<P[I]> | Token<unknown> }

/**
 * Says what a constructor takes, for plain JavaScript, which has no parameter decorators:
 * `useClass: injected(GuestList, OPTIONS, CLOCK)`. Returns the same class.
 */
export function injected<T, P extends unknown[]>(
  of: new (...dependencies: P) => T,
  ...tokens: TokensOf<P>
): Injectable<T> {
  tokens.forEach((parameter, index) => {
    inject(parameter)(of, undefined, index)
  })
  injectable()(of)
  return of as Injectable<T>
}

/** A class asks for a token that its scope doesn't bind. */
export class NotOffered extends Error {
  override readonly name = 'NotOffered'
}

/**
 * A set of bindings. A child sees its parent's bindings; a parent and siblings never see a child's.
 * Resolve only at start-up: in the plugin loader and the composition root.
 */
export class Scope {
  readonly #container: DependencyContainer

  constructor(parent: DependencyContainer = container.createChildContainer()) {
    this.#container = parent
  }

  child(): Scope {
    return new Scope(this.#container.createChildContainer())
  }

  /** Throws when nothing is bound to `of`. */
  get<T>(of: Token<T>): T {
    return this.#container.resolve<T>(of)
  }

  /** Binds `value`; binding a token twice in one scope is a mistake and throws (tsyringe would take the last). */
  set<T>(of: Token<T>, value: NoInfer<T>): void {
    if (this.#container.isRegistered(of)) throw new Error(`${String(of)} is bound twice in one scope`)
    this.#container.registerInstance<T>(of, value)
  }

  /** Makes an instance. What the constructor throws comes out as it is; a token that isn't bound is named. */
  make<T>(of: Injectable<T>): T {
    try {
      return this.#container.resolve(of)
    } catch (error) {
      throw unbound(error, of.name) ?? error
    }
  }
}

/** tsyringe tells which token was missing at the end of many lines; people read the first. */
function unbound(error: unknown, asking: string): NotOffered | undefined {
  const missing = /unregistered dependency token: "?Symbol\(([^)]*)\)/.exec(
    (error as Error)?.message ?? '',
  )?.[1]
  if (missing === undefined) return undefined
  return new NotOffered(`${asking} asks for "${missing}", which is not offered to it`, { cause: error })
}
