/** The page's own elements, found by id and checked by type. */

/** Throws when the page and the script don't fit together: a mistake of ours, seen at once. */
export function element<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id)
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} #${id}`)
  return found
}

export const button = (id: string) => element(id, HTMLButtonElement)
export const input = (id: string) => element(id, HTMLInputElement)
export const box = (id: string) => element(id, HTMLElement)

/** An icon of the sprite in index.html. */
export function icon(name: string): SVGSVGElement {
  const namespace = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(namespace, 'svg')
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(namespace, 'use')
  use.setAttribute('href', `#icon-${name}`)
  svg.append(use)
  return svg
}

/** Shows `text`, or hides the element when there is none. */
export function say(target: HTMLElement, text: string | undefined): void {
  target.textContent = text ?? ''
  target.hidden = text === undefined
}
