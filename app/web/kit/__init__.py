"""What all pages share: tables, forms, units, charts, downloads, navigation, rendering."""
