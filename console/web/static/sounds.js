// Four sounds that differ in pitch, length and number, so that they are told apart without looking.
const SOUNDS = {
  counted: [[1320, 0, 70]],
  done: [[990, 0, 90], [1320, 110, 90], [1760, 220, 160]],
  refused: [[196, 0, 220], [165, 280, 340]],
  look: [[660, 0, 60], [660, 140, 60], [660, 280, 60], [660, 420, 60]],
};
const VIBRATIONS = { refused: [200, 80, 300], look: [60, 60, 60] };
const LOUDNESS = 0.4;

let context = null;

// Browsers make no sound before somebody has touched the page.
export function unlock() {
  context ??= "AudioContext" in globalThis ? new AudioContext() : null;
  return context?.resume();
}

export function isOff() {
  return context?.state !== "running";
}

export function play(kind) {
  navigator.vibrate?.(VIBRATIONS[kind] ?? []);
  if (isOff()) {
    return;
  }
  for (const [pitch, after, length] of SOUNDS[kind]) {
    tone(pitch, context.currentTime + after / 1000, length / 1000, kind === "refused");
  }
}

function tone(pitch, at, seconds, harsh) {
  const source = context.createOscillator();
  const gain = context.createGain();
  source.type = harsh ? "sawtooth" : "triangle";
  source.frequency.value = pitch;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(LOUDNESS, at + 0.005);
  gain.gain.setValueAtTime(LOUDNESS, at + seconds - 0.01);
  gain.gain.linearRampToValueAtTime(0, at + seconds);
  source.connect(gain).connect(context.destination);
  source.start(at);
  source.stop(at + seconds);
}
