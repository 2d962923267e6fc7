// Comfort for papers and deliveries; every page works without it.
"use strict";

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// What is rejected or missing is taken off what is accepted.
for (const due of document.querySelectorAll("[data-shipped]")) {
  const field = (name) => due.querySelector(`input[name$=".${name}_units"]`);
  const number = (input) => Number(input.value.trim() || "0");
  const [accepted, rejected, missing] = ["accepted", "rejected", "missing"].map(field);
  due.addEventListener("input", (event) => {
    // Weighed goods are counted in kilograms with three decimals.
    const rest = Math.round((Number(due.dataset.shipped) - number(rejected) - number(missing)) * 1000) / 1000;
    if ((event.target === rejected || event.target === missing) && rest >= 0) {
      accepted.value = String(rest);
    }
  });
}

// A QR code read in the page, where the browser can do it; elsewhere the phone's own camera does.
async function scan(button, form) {
  const box = document.querySelector(".scanner");
  const video = box.querySelector("video");
  const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    document.querySelector("[data-no-camera]").hidden = false;
    return;
  }
  let goesOn = true;
  const stop = () => {
    goesOn = false;
    for (const track of stream.getTracks()) track.stop();
    box.hidden = true;
  };
  box.querySelector("button").onclick = stop;
  box.hidden = false;
  video.srcObject = stream;
  await video.play();
  while (goesOn) {
    const [found] = await detector.detect(video).catch(() => []);
    if (found && goesOn) {
      stop();
      form.elements.code.value = found.rawValue.slice(0, 200);
      form.submit();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
const scanButton = document.querySelector("[data-scan]");
if (scanButton && "BarcodeDetector" in window && navigator.mediaDevices) {
  scanButton.hidden = false;
  scanButton.addEventListener("click", () => scan(scanButton, scanButton.form));
}
