const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Names are what people typed. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (one) => escapes[one] ?? one);
