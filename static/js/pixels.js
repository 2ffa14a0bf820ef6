// How many pixels a picture has, from the first bytes of its file: window.countPixels(file).
// JPEG, PNG, GIF and WebP; 0 for what cannot be read so, of which the server then says what it is.
(() => {
  const FIRST = 2 ** 18; // bytes; a profile of colours or a thumbnail may come before the size
  const text = (view, at, length) => String.fromCharCode(...new Uint8Array(view.buffer, at, length));

  function ofJpeg(view) {
    let at = 2;
    while (view.getUint8(at) === 0xff) {
      const kind = view.getUint8(at + 1);
      // The frames SOF0 to SOF15, without the three markers among them that are none.
      if (kind >= 0xc0 && kind <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(kind)) return view.getUint16(at + 5) * view.getUint16(at + 7);
      at += kind === 0xff ? 1 : 2 + view.getUint16(at + 2);
    }
    return 0;
  }

  function ofWebp(view) {
    const kind = text(view, 12, 4);
    const side = (at) => 1 + view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
    if (kind === "VP8X") return side(24) * side(27);
    if (kind === "VP8 ") return (view.getUint16(26, true) & 0x3fff) * (view.getUint16(28, true) & 0x3fff);
    const bits = view.getUint32(21, true); // "VP8L": twice 14 bits
    return kind === "VP8L" ? (1 + (bits & 0x3fff)) * (1 + ((bits >>> 14) & 0x3fff)) : 0;
  }

  function read(view) {
    if (view.getUint16(0) === 0xffd8) return ofJpeg(view);
    if (text(view, 12, 4) === "IHDR") return view.getUint32(16) * view.getUint32(20);
    if (text(view, 0, 4) === "GIF8") return view.getUint16(6, true) * view.getUint16(8, true);
    return text(view, 0, 4) === "RIFF" && text(view, 8, 4) === "WEBP" ? ofWebp(view) : 0;
  }

  window.countPixels = async (file) => {
    try {
      return read(new DataView(await file.slice(0, FIRST).arrayBuffer()));
    } catch {
      return 0; // shorter than its own header says, or gone from the disk
    }
  };
})();
