"""The partner's own master data: people, solutions and currencies, the same on both sides."""

from __future__ import annotations

from typing import NamedTuple


class Person(NamedTuple):
    """One member of the partner's sales team."""

    first_name: str
    last_name: str
    email: str
    phone: str


class Solution(NamedTuple):
    """One solution that may be sold."""

    id: str
    name: str
    type: str = "Name"
    active: bool = True


TEAM = (
    Person("Bo", "Lind", "bo.lind@contoso.example", "+46800000"),
    Person("Amélie", "Dûrand", "amelie.durand@contoso.example", "+33100000"),
    Person("Seán", "O'Brien", "sean.obrien@contoso.example", "+35310000"),
    Person("Božena", "Řehořová", "bozena.rehorova@contoso.example", "+42020000"),
    Person("健太", "佐藤", "kenta.sato@contoso.example", "+81300000"),
    Person("Priya", "Iyer", "priya.iyer@contoso.example", "+91220000"),
)
# Left the company: still on old deals, not a user of the CRM any more.
FORMER = Person("Max", "Gone", "max.gone@contoso.example", "+49300000")

SOLUTIONS = (
    Solution("SOL-12345-ABC", "Tailspin Connect"),
    Solution("SOL-34104-EBB", "Contoso Supply Chain"),
    Solution("SOL-15974-MQF", "Contoso Data & AI Jumpstart"),
    Solution("SOL-55021-KLM", "Retail Insights für Händler"),
    Solution("SOL-70007-XYZ", "Modern Workplace 365"),
    Solution("8d1c2a54-3c1f-4f6e-9b44-51f0a7c0d3e2", "Azure Landing Zone"),
    Solution("Dynamics365forFieldService", "Dynamics 365 for Field Service", "Category"),
    Solution("SOL-00999-OLD", "Retired Migration Kit", "Name", active=False),
)

# ISO code: name, symbol, units per euro (the CRM's base currency), digits.
CURRENCIES = {
    "EUR": ("Euro", "€", 1.0, 2),
    "USD": ("US Dollar", "$", 1.08, 2),
    "GBP": ("Pound Sterling", "£", 0.85, 2),
    "CAD": ("Canadian Dollar", "CA$", 1.47, 2),
    "MXN": ("Mexican Peso", "MX$", 19.6, 2),
    "BRL": ("Brazilian Real", "R$", 5.9, 2),
    "CZK": ("Czech Koruna", "Kč", 25.2, 2),
    "PLN": ("Polish Zloty", "zł", 4.3, 2),
    "SEK": ("Swedish Krona", "kr", 11.4, 2),
    "NOK": ("Norwegian Krone", "kr", 11.7, 2),
    "CHF": ("Swiss Franc", "CHF", 0.94, 2),
    "TRY": ("Turkish Lira", "₺", 36.0, 2),
    "SAR": ("Saudi Riyal", "﷼", 4.05, 2),
    "INR": ("Indian Rupee", "₹", 90.1, 2),
    "JPY": ("Yen", "¥", 163.0, 0),
    "AUD": ("Australian Dollar", "A$", 1.64, 2),
    "NZD": ("New Zealand Dollar", "NZ$", 1.78, 2),
}
