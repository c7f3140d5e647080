//! What comes from outside never reaches a terminal, a spreadsheet or a document as it came.
