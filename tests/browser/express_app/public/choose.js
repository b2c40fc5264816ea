AP.dialog.disableCloseOnSubmit();
AP.events.on("dialog.submit", () => AP.dialog.getCustomData(({ from }) => AP.dialog.close({ from, chosen: "blue" })));
