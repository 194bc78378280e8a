/** Short news at the edge of the page, read aloud by screen readers (the container is a live region). */

import { box } from './dom.js'

const SHOWN_MS = 5_000
const MOST = 3

export function announce(text: string): void {
  const toasts = box('toasts')
  const toast = document.createElement('p')
  toast.className = 'toast'
  toast.textContent = text
  toasts.append(toast)
  while (toasts.children.length > MOST) toasts.firstElementChild?.remove()
  setTimeout(() => toast.remove(), SHOWN_MS)
}
